import { resolve } from 'node:path';
import { KeysError } from '../../domain/errors.js';
import type { Context } from '../context.js';

/** Most bytes of a key. */
const MOST_BYTES = 4096;
/** Fewer could be guessed. */
const FEWEST_BYTES = 16;

/**
 * The HMAC keys in these files: their bytes, without a line end behind them. Throws `usage` for a file that
 * holds none.
 */
export async function readHmacKeys(
  files: readonly string[],
  context: { readonly process: Pick<Context['process'], 'directory'> },
): Promise<Uint8Array[]> {
  if (files.length === 0) return [];
  const { readUserFile } = await import('../../storage/user-files.js');
  const keys: Uint8Array[] = [];
  for (const file of files) {
    const bytes = await readUserFile(resolve(context.process.directory, file), MOST_BYTES);
    const key = bytes.subarray(
      0,
      bytes.length - (/\r?\n$/.exec(Buffer.from(bytes).toString('latin1'))?.[0].length ?? 0),
    );
    if (key.length < FEWEST_BYTES) {
      throw new KeysError('usage', `${file}: an HMAC key of fewer than ${FEWEST_BYTES} bytes`);
    }
    keys.push(key);
  }
  return keys;
}
