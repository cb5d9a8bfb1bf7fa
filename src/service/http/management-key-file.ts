import { lstatSync } from 'node:fs';
import { userInfo } from 'node:os';
import { KeysError } from '../../domain/errors.js';
import { inspectSecret } from '../../domain/secret-format.js';
import { readWhole } from '../../storage/files/read-file.js';
import { createFile, removeFile, replaceFile } from '../../storage/files.js';

export const MANAGEMENT_PREFIX = 'sk_live_';
const MAX_BYTES = 1_000;

/**
 * The key in the file; null where there is none. Throws `data_unwritable` for anything else that is there,
 * and for a file that another user could have written: the service must not take a key that somebody else
 * knows.
 */
export function readKeyFile(path: string): string | null {
  if (isForeign(path)) {
    throw new KeysError('data_unwritable', `not a file that you alone can read: ${path}`, {
      hint: 'find out where it comes from, then move it away and start again',
    });
  }
  const text = readWhole(path, MAX_BYTES)?.toString('utf8').trim();
  if (text === undefined) return null;
  const found = inspectSecret(text);
  if (found.shape === 'ours' && found.prefix === MANAGEMENT_PREFIX) return text;
  if (text !== '') {
    throw new KeysError('data_unwritable', `the file for the management key holds something else: ${path}`, {
      hint: 'move that file away and start again',
    });
  }
  removeFile(path);
  return null;
}

/** Creates the file. If another start was first, its key is returned. */
export async function writeKeyFile(path: string, secret: string): Promise<string> {
  await createFile(path, `${secret}\n`);
  return readKeyFile(path) ?? secret;
}

/** Moves the file to the same name with `.previous`, over an older one. */
export function keepPreviousKeyFile(path: string): void {
  const bytes = readWhole(path, MAX_BYTES);
  if (bytes !== null) replaceFile(`${path}.previous`, bytes);
  removeFile(path);
}

function isForeign(path: string): boolean {
  const file = lstatSync(path, { throwIfNoEntry: false });
  if (file === undefined) return false;
  const own = userInfo().uid;
  // -1: Windows, which has neither owners nor modes of this kind.
  const ours = own < 0 || (file.uid === own && (file.mode & 0o077) === 0);
  return !file.isFile() || !ours;
}
