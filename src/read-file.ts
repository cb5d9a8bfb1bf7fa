import { readFile, stat } from 'node:fs/promises';
import { KeysError } from './domain/errors.js';

/** A file that the user names, whole. Throws `usage` for what cannot be read, or is larger than `maxBytes`. */
export async function readUserFile(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    if ((await stat(path)).size > maxBytes) throw new RangeError(`larger than ${maxBytes} bytes`);
    return await readFile(path);
  } catch (error) {
    throw new KeysError(
      'usage',
      `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}
