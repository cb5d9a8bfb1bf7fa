import { execFileSync } from 'node:child_process';
import { delimiter } from 'node:path';

/**
 * The Node programs at hand, with their versions: this one, and those that KEYS_TRY_NODES names as a PATH
 * names folders.
 */
export const NODES: ReadonlyArray<readonly [version: string, path: string]> = [
  process.execPath,
  ...(process.env['KEYS_TRY_NODES'] ?? '').split(delimiter).filter(Boolean),
].map((path) => [execFileSync(path, ['--version'], { encoding: 'utf8' }).trim(), path]);
