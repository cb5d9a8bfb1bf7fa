import { statSync } from 'node:fs';
import { join } from 'node:path';
import { KeysError } from '../../domain/errors.js';
import { makeFolder } from '../files/folders.js';
import { readWhole } from '../files/read-file.js';
import { changeFile } from '../files.js';
import { isRecordAt, isTextAt, requireMember, wrongIn } from '../stored-member.js';
import type { StoredCredential } from './credentials.js';

type Content = Readonly<Record<string, StoredCredential>>;

/**
 * Credentials in a 0600 file, for those who ask for it with `--insecure-storage`. Errors:
 * `settings_unreadable`, `refused`, `data_unwritable`.
 */
export interface CredentialsFile {
  readonly path: string;
  read(profile: string): StoredCredential | null;
  store(profile: string, credential: StoredCredential): Promise<void>;
  /** Returns false if there was none. */
  remove(profile: string): Promise<boolean>;
}

const MAX_BYTES = 16 * 1024 * 1024;

export function createCredentialsFile(directory: string, platform: string): CredentialsFile {
  const path = join(directory, 'credentials.json');

  /** Changes what is there at that moment: another program may have written since it was last read. */
  async function change(next: (before: Content) => Content | null): Promise<boolean> {
    try {
      makeFolder(directory);
      return await changeFile(path, { maxBytes: MAX_BYTES, secret: true }, () => {
        const after = next(readContent(path, platform));
        return after === null ? null : Buffer.from(`${JSON.stringify(after, null, 2)}\n`);
      });
    } catch (error) {
      if (error instanceof KeysError && error.code === 'settings_unreadable') throw error;
      if (error instanceof KeysError && error.hint?.startsWith('chmod')) throw error;
      throw new KeysError('data_unwritable', `cannot write the credentials file: ${path}`, {
        hint: 'change the permissions of the folder, or set KEYS_CONFIG_DIR to another',
        cause: error,
      });
    }
  }

  return {
    path,
    read(profile) {
      const all = readContent(path, platform);
      // Own entries alone: `constructor` is a name that a profile may have.
      return Object.hasOwn(all, profile) ? (all[profile] ?? null) : null;
    },
    store: async (profile, credential) => void (await change((all) => ({ ...all, [profile]: credential }))),
    async remove(profile) {
      // Most calls find nothing: the folder is not written for them.
      if (!Object.hasOwn(readContent(path, platform), profile)) return false;
      return await change((all) => {
        const { [profile]: removed, ...rest } = all;
        return removed === undefined ? null : rest;
      });
    },
  };
}

function readContent(path: string, platform: string): Content {
  try {
    if (platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
      throw new KeysError('refused', `others may read the credentials file: ${path}`, {
        hint: `chmod 600 ${path}`,
      });
    }
    return checkContent(JSON.parse(readWhole(path, MAX_BYTES)?.toString('utf8') ?? '{}'));
  } catch (error) {
    if (error instanceof KeysError) throw error;
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return {};
    // The parser's own message quotes the text, which holds secrets.
    throw new KeysError(
      'settings_unreadable',
      `the credentials file cannot be read: ${path}${wrongIn(error)}`,
      {
        hint: 'it was not changed: fix it, or remove it and log in again',
      },
    );
  }
}

function checkContent(value: unknown): Content {
  const content = isRecordAt('the whole', value);
  for (const [profile, credential] of Object.entries(content)) checkCredential(profile, credential);
  return content as Content;
}

function checkCredential(profile: string, value: unknown): void {
  const { secret, origin, stored_at, key_id } = isRecordAt(profile, value);
  for (const [name, text] of Object.entries({ secret, origin })) isTextAt(`${profile}.${name}`, text);
  if (key_id !== undefined) isTextAt(`${profile}.key_id`, key_id);
  if (stored_at === undefined) return;
  const isTime = typeof stored_at === 'string' && !Number.isNaN(Date.parse(stored_at));
  requireMember(isTime, `${profile}.stored_at`, 'a time such as 2026-11-25T12:00:00Z');
}
