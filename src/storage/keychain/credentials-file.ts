import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { KeysError } from '../../domain/errors.js';
import type { StoredCredential } from './credentials.js';

type Content = Readonly<Record<string, StoredCredential>>;

/** Credentials in a 0600 file, for who asked for it with `--insecure-storage`. Errors: `settings_unreadable`, `refused`, `data_unwritable`. */
export interface CredentialsFile {
  readonly path: string;
  read(profile: string): StoredCredential | null;
  store(profile: string, credential: StoredCredential): void;
  /** False where there was none. */
  remove(profile: string): boolean;
}

export function createCredentialsFile(directory: string, platform: string): CredentialsFile {
  const path = join(directory, 'credentials.json');
  const content = () => readContent(path, platform);

  /** Whole or not at all: beside the old one, on the disk, then in its place. */
  function write(next: Content): void {
    // A name of its own: two programs at once must not write into one draft.
    const draft = `${path}.${randomUUID()}.new`;
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const file = openSync(draft, 'wx', 0o600);
      try {
        writeFileSync(file, `${JSON.stringify(next, null, 2)}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(draft, path);
    } catch (cause) {
      dropDraft(draft);
      throw new KeysError('data_unwritable', `the credentials file could not be written: ${path}`, {
        hint: 'give yourself the right to the folder, or name another with KEYS_CONFIG_DIR',
        cause,
      });
    }
  }

  return {
    path,
    read(profile) {
      const all = content();
      // Own entries alone: `constructor` is a name that a profile may have.
      return Object.hasOwn(all, profile) ? (all[profile] ?? null) : null;
    },
    store: (profile, credential) => write({ ...content(), [profile]: credential }),
    remove(profile) {
      const { [profile]: _, ...rest } = content();
      const found = Object.hasOwn(content(), profile);
      if (found) write(rest);
      return found;
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
    return checkContent(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    if (error instanceof KeysError) throw error;
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return {};
    // The parser's own message quotes the text, which holds secrets.
    throw new KeysError('settings_unreadable', `the credentials file cannot be read: ${path}`, {
      hint: 'it was left as it is: mend it, or remove it and log in again',
    });
  }
}

function checkContent(value: unknown): Content {
  const isObject = (it: unknown): it is Record<string, unknown> =>
    typeof it === 'object' && it !== null && !Array.isArray(it);
  const isCredential = (it: unknown) =>
    isObject(it) && typeof it['secret'] === 'string' && typeof it['origin'] === 'string';
  if (isObject(value) && Object.values(value).every(isCredential)) return value as Content;
  throw new TypeError('not the shape of a credentials file');
}

/** Where it could not even be made, there is nothing to drop; the failure that is told is the first one. */
function dropDraft(draft: string): void {
  try {
    rmSync(draft, { force: true });
  } catch {
    // As said above.
  }
}
