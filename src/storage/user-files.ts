import { readFile, stat, writeFile } from 'node:fs/promises';
import { KeysError } from '../domain/errors.js';

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

/** Writes a file that is not there yet. Throws `conflict` where it is, `usage` where it cannot be written. */
export async function writeNewFile(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw new KeysError('conflict', `there is a file already: ${path}`, { hint: 'nothing was written' });
    }
    throw new KeysError(
      'usage',
      `cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
