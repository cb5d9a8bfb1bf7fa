import { KeysError } from '../domain/errors.js';
import { isOpenedPipe, readOpenedPipe, readWhole } from './files/read-file.js';
import { createFile } from './files.js';

/**
 * Returns the content of a file that the user names. Throws `usage` if it cannot be read, is no regular file,
 * or is larger than `maxBytes`.
 */
export async function readUserFile(path: string, maxBytes: number): Promise<Uint8Array> {
  const bytes = await findUserFile(path, maxBytes);
  if (bytes === null) throw new KeysError('usage', `cannot read ${path}: there is no such file`);
  return bytes;
}

/** The same, for a file that need not be there: returns null if it is not. */
export async function findUserFile(path: string, maxBytes: number): Promise<Uint8Array | null> {
  try {
    return readWhole(path, maxBytes);
  } catch (error) {
    throw new KeysError('usage', error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** The same as `readUserFile`, also for a pipe that the shell has opened, as `<(…)` does. */
export async function readUserFileOrPipe(path: string, maxBytes: number): Promise<Uint8Array> {
  return isOpenedPipe(path) ? await readOpenedPipe(path, maxBytes) : await readUserFile(path, maxBytes);
}

/** Writes a file that is not there yet. Throws `conflict` if it is, and `usage` if it cannot be written. */
export async function writeNewFile(path: string, text: string): Promise<void> {
  let created: boolean;
  try {
    created = await createFile(path, text, { mode: 0o644 });
  } catch (error) {
    throw new KeysError('usage', error instanceof Error ? error.message : String(error), { cause: error });
  }
  if (!created)
    throw new KeysError('conflict', `there is a file already: ${path}`, { hint: 'nothing was written' });
}
