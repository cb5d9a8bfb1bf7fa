import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { KeysError } from '../domain/errors.js';
import type { StoredCredential } from './credentials.js';

type Content = Readonly<Record<string, StoredCredential>>;

/** Credentials in a 0600 file, for who asked for it with `--insecure-storage`. Errors: `settings_unreadable`, `refused`. */
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
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const draft = `${path}.new`;
    const file = openSync(draft, 'w', 0o600);
    try {
      chmodSync(draft, 0o600);
      writeSync(file, `${JSON.stringify(next, null, 2)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  }

  return {
    path,
    read: (profile) => content()[profile] ?? null,
    store: (profile, credential) => write({ ...content(), [profile]: credential }),
    remove(profile) {
      const { [profile]: found, ...rest } = content();
      if (found !== undefined) write(rest);
      return found !== undefined;
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
    return JSON.parse(readFileSync(path, 'utf8')) as Content;
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
