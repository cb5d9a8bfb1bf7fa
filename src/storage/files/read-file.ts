import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  openSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { KeysError } from '../../domain/errors.js';
import { fileFailure, isCode, notRegular } from './file-failure.js';
import { NEVER_WAIT } from './open-flags.js';

/**
 * The bytes of a regular file; null if there is none. Throws `refused` for a pipe, a device or a folder, for
 * more than `maxBytes`, and for a file that cannot be read. Never waits for a writer of a pipe.
 */
export function readWhole(path: string, maxBytes: number): Buffer | null {
  return readRegular(path, maxBytes, 0)?.bytes ?? null;
}

/** The same with its status. `flags`: further ones for opening it. */
export function readRegular(
  path: string,
  maxBytes: number,
  flags: number,
): { readonly bytes: Buffer; readonly status: Stats } | null {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | NEVER_WAIT | (constants.O_NOCTTY ?? 0) | flags);
    const status = fstatSync(file);
    if (!status.isFile()) throw notRegular(path);
    // The size is not trusted: files under /proc have none, and files grow.
    const chunks: Buffer[] = [];
    for (let length = 0; ; ) {
      const chunk = Buffer.alloc(Math.min(65_536, maxBytes + 1 - length));
      const count = readSync(file, chunk);
      if (count === 0) return { bytes: Buffer.concat(chunks), status };
      chunks.push(chunk.subarray(0, count));
      length += count;
      if (length > maxBytes) {
        throw new KeysError('refused', `${path} is larger than ${maxBytes} bytes`);
      }
    }
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error instanceof KeysError ? error : fileFailure('read', path, error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Whether a path is a pipe that the shell has opened for this program, as `<(…)` does. */
export function isOpenedPipe(path: string): boolean {
  if (!/^\/(?:dev|proc\/self)\/fd\/\d+$/.test(path)) return false;
  return statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;
}

/** The bytes of such a pipe, up to its end. Throws `refused` for more than `maxBytes`. */
export async function readOpenedPipe(path: string, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) throw new KeysError('refused', `${path} is larger than ${maxBytes} bytes`);
  }
  return Buffer.concat(chunks);
}
