import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { KeysError } from '../domain/errors.js';
import { damagedRow } from '../storage/sql/stored-row.js';
import { namedKeys } from './named-keys.js';
import type { EncryptionKeyGuard } from './store/key-store.js';
import { DATABASE_SETTINGS } from './store/settings.js';
import { API_KEYS } from './store/stored-tables.js';

/** Where the key that encrypts signing keys is kept: outside the database. 32 bytes. */
export interface EncryptionKeySource {
  /** Null where none was made yet. */
  find(): Promise<Uint8Array | null>;
  make(): Promise<Uint8Array>;
  /** Such as `the keychain`, for messages. */
  readonly where: string;
}

/** Encrypts what must be read again: the half of a pair that signs. Bound to its key's id. */
export interface TextCipher {
  seal(text: string, keyId: string): string;
  /** Throws where the encryption key, the id or the text is another. */
  open(sealed: string, keyId: string): string;
}

/** The cipher of a service. */
export interface SecretCipher extends Pick<TextCipher, 'seal'> {
  /**
   * Throws `unavailable` where the database has another encryption key by now, and `database_damaged` where
   * the key is right.
   */
  open(sealed: string, keyId: string): Promise<string>;
  /** Null where it cannot be opened, for whatever reason. */
  tryOpen(sealed: string, keyId: string): string | null;
  /**
   * Throws `unavailable` where the database's encryption key was changed since the start, or is being
   * changed: a new pair would be lost.
   */
  requireCurrent(): Promise<void>;
  /** The same of checks that were read under the lock of the encryption key, where a pair is stored. */
  readonly refuseChanged: EncryptionKeyGuard;
}

const CHECK_LABEL = 'keys encryption key check v1';

interface SettingsStore {
  setting(name: string): Promise<string | null>;
  /** Keeps a value where there is none yet, and returns the one that is kept. */
  putSettingOnce(name: string, value: string): Promise<string>;
  /** Pairs that are not revoked, oldest first. */
  pairs(): Promise<ReadonlyArray<{ readonly id: string; readonly name: string }>>;
}

/** What an encryption key is known again by; nothing can be opened with it. */
export function encryptionKeyCheck(key: Uint8Array): string {
  return createHmac('sha256', key).update(CHECK_LABEL).digest('hex');
}

/**
 * Finds or, for a database that has none, makes the encryption key. Throws `conflict` for another key than
 * the database's, with the keys that cannot be used without it, and while the database changes to another
 * key.
 */
export async function openSecretCipher(
  source: EncryptionKeySource,
  store: SettingsStore,
): Promise<SecretCipher> {
  const expected = await store.setting(DATABASE_SETTINGS.encryptionKeyCheck);
  if ((await store.setting(DATABASE_SETTINGS.nextEncryptionKeyCheck)) !== null) {
    throw new KeysError('conflict', 'the change of the encryption key is not finished', {
      hint: 'run the change again, with the same two keys: it goes on where it was interrupted',
    });
  }
  const found = await source.find();
  if (found === null && expected !== null) throw await otherKey(source, store, 'none is there');
  const key = found ?? (await source.make());
  const check = encryptionKeyCheck(key);
  if ((expected ?? (await store.putSettingOnce(DATABASE_SETTINGS.encryptionKeyCheck, check))) !== check) {
    throw await otherKey(source, store, 'another one is there');
  }
  return withChanges(aesCipher(key), check, store);
}

/** The cipher of a service that goes on while `keys serve rekey` changes the key. */
function withChanges(cipher: TextCipher, check: string, store: SettingsStore): SecretCipher {
  const refuseChanged: EncryptionKeyGuard = ({ current, next }) => {
    if (next !== null || current !== check) throw changedKey();
  };
  const requireCurrent = async () => {
    const next = await store.setting(DATABASE_SETTINGS.nextEncryptionKeyCheck);
    const current = await store.setting(DATABASE_SETTINGS.encryptionKeyCheck);
    refuseChanged({ current, next });
  };
  const tryOpen = (sealed: string, keyId: string) => {
    try {
      return cipher.open(sealed, keyId);
    } catch {
      return null;
    }
  };
  return {
    seal: cipher.seal,
    tryOpen,
    async open(sealed, keyId) {
      const text = tryOpen(sealed, keyId);
      if (text !== null) return text;
      await requireCurrent();
      throw damagedRow(API_KEYS, { id: keyId }, 'sealed_secret_key cannot be decrypted');
    },
    requireCurrent,
    refuseChanged,
  };
}

function changedKey(): KeysError {
  return new KeysError('unavailable', 'the encryption key of this database was changed', {
    hint: 'start this server again with the new key',
    retryAfterSeconds: 30,
  });
}

async function otherKey(
  { where }: EncryptionKeySource,
  store: SettingsStore,
  what: string,
): Promise<KeysError> {
  const pairs = await store.pairs();
  const lost = pairs.length === 0 ? '' : `; without it these keys cannot be used: ${namedKeys(pairs)}`;
  return new KeysError(
    'conflict',
    `the key that encrypts this database's signing keys is needed; ${what}: ${where}${lost}`,
    {
      details: { key_ids: pairs.map(({ id }) => id) },
      hint: 'bring back the key of the machine where the database was made, or set it in KEYS_ENCRYPTION_KEY',
    },
  );
}

/** AES-256-GCM under one key. */
export function aesCipher(key: Uint8Array): TextCipher {
  return {
    seal(text, keyId) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(keyId));
      return Buffer.concat([
        nonce,
        cipher.update(text, 'utf8'),
        cipher.final(),
        cipher.getAuthTag(),
      ]).toString('base64url');
    },
    open(sealed, keyId) {
      const bytes = Buffer.from(sealed, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), {
        authTagLength: 16,
      }).setAAD(Buffer.from(keyId));
      decipher.setAuthTag(bytes.subarray(-16));
      return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8');
    },
  };
}
