import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { KeysError } from '../../domain/errors.js';
import { makeFolder } from '../files/folders.js';
import { readWhole } from '../files/read-file.js';
import { createFile } from '../files.js';
import type { Directories } from '../platform-directories.js';
import type { Credentials } from './credentials.js';

interface EncryptionKeyContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  credentials(): Promise<Credentials>;
  /** The key is kept in the config directory, never beside the database. */
  directories(): Pick<Directories, 'config'>;
}

/** The item's name in the keychain. A colon: no profile has one in its name. */
const ITEM = 'service:encryption-key';
const FILE = 'encryption.key';
const BYTES = 32;
const MAX_BYTES = 4096;

/**
 * The key that encrypts the signing halves of pairs: from `KEYS_ENCRYPTION_KEY`, else from the file or the
 * keychain that has one. Made at first need, in the keychain where one can be used, else in a 0600 file.
 * Errors: `usage` for a value that is no key of 256 bits, and those of `Credentials`.
 */
export function createEncryptionKeySource(context: EncryptionKeyContext) {
  const directory = () => context.directories().config;
  const path = () => join(directory(), FILE);
  return {
    where: `KEYS_ENCRYPTION_KEY, the keychain, or ${FILE} in the config directory`,

    async find(): Promise<Uint8Array | null> {
      const given = context.env['KEYS_ENCRYPTION_KEY'];
      if (given) return decode(given, 'KEYS_ENCRYPTION_KEY', FORM);
      const filed = readKeyFile(path());
      if (filed !== null) return decode(filed, path(), RESTORE);
      const keychain = await context.credentials();
      if (!(await keychain.backend()).usable) return null;
      const kept = await keychain.read(ITEM);
      return kept === null ? null : decode(kept.secret, 'the keychain', RESTORE);
    },

    async make(): Promise<Uint8Array> {
      const key = randomBytes(BYTES);
      const text = key.toString('base64url');
      const keychain = await context.credentials();
      if ((await keychain.backend()).usable) {
        await keychain.store(ITEM, { secret: text, origin: 'encryption key' }, { insecureStorage: false });
        return key;
      }
      return decode(await writeOnce(directory(), text), path(), RESTORE);
    },
  };
}

/**
 * The encryption key in a file that the user names. Throws `usage` for a file that cannot be read or holds no
 * key of 256 bits.
 */
export function readEncryptionKey(path: string): Uint8Array {
  const text = readKeyFile(path);
  if (text === null) throw new KeysError('usage', `cannot read ${path}: there is no such file`);
  return decode(text, path, FORM);
}

const FORM = '64 hex digits or 43 characters of base64url; openssl rand -hex 32 makes one';
/** Of a key that was made here: a new one would open nothing that it has closed. */
const RESTORE = 'restore it from a backup: no other key opens what was encrypted with it';

function decode(text: string, where: string, hint: string): Uint8Array {
  const trimmed = text.trim();
  const bytes = Buffer.from(trimmed, /^[0-9a-fA-F]{64}$/.test(trimmed) ? 'hex' : 'base64url');
  if (bytes.length === BYTES && /^[0-9A-Za-z_+/=-]+$/.test(trimmed)) return bytes;
  throw new KeysError('usage', `not a key of 256 bits: ${where}`, {
    hint,
  });
}

function readKeyFile(path: string): string | null {
  return readWhole(path, MAX_BYTES)?.toString('utf8') ?? null;
}

/** Creates the file. If another program was first, its key is the one. */
async function writeOnce(directory: string, text: string): Promise<string> {
  const path = join(directory, FILE);
  makeFolder(directory);
  await createFile(path, `${text}\n`);
  return readKeyFile(path) ?? '';
}
