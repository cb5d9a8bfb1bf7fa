import { parseEnv } from 'node:util';
import { readWhole } from '../storage/files.js';

/** Most bytes of an env file. */
const MOST_BYTES = 1024 * 1024;

/** What a variable is set to in an env file; null where the file or the variable is not there, or cannot be read. */
export function valueInEnvFile(path: string, name: string): string | null {
  try {
    const text = readWhole(path, MOST_BYTES)?.toString('utf8') ?? '';
    return parseEnv(text.replace(/^\uFEFF/, ''))[name] || null;
  } catch {
    return null;
  }
}
