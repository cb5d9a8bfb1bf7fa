import { KeysError } from '../domain/errors.js';
import { MOST_PREFIX_LENGTH } from '../domain/secret-format.js';
import type { KeyStore } from './store/key-store.js';
import { DATABASE_SETTINGS } from './store/settings.js';
import { bcryptHash, fastDigests, hmacKeyId, hmacKeyIdOf, secretDigest } from './stored-digest.js';

/** bcrypt takes some 100 ms of a core: so many at once, and so many that wait. */
const MOST_AT_ONCE = 2;
const MOST_WAITING = 16;
/** Keys with digests of bcrypt that may begin and end alike: so many hashes one secret is tried against. */
export const MOST_ALIKE = 20;

/** Secrets of another key system, of which digests were imported. */
export interface ImportedSecrets {
  /** Whether the database has some, as the last `refresh` found. */
  readonly present: boolean;
  /** Keys that cannot be used, because the HMAC key of their digest was not given. Of the start alone. */
  readonly unusable: ReadonlyArray<{ readonly id: string; readonly name: string }>;
  /**
   * The stored digest that a secret has by another algorithm than ours; null: none. Throws `unavailable` if
   * too many wait for bcrypt.
   */
  find(secret: string): Promise<string | null>;
  /** Replaces the digest of a key by our own, so that its next use is fast. */
  upgrade(id: string, stored: string, secret: string): Promise<void>;
  /** Asks the database again: an import beside running servers. */
  refresh(): Promise<void>;
}

type Store = Pick<KeyStore, 'setting' | 'hasDigest' | 'bcryptDigests' | 'hmacDigests' | 'upgradeDigest'>;

/** `hmacKeys`: those of imported digests by HMAC. Without its key, such a digest is never found. */
export async function openImportedSecrets(
  store: Store,
  hmacKeys: readonly Uint8Array[] = [],
): Promise<ImportedSecrets> {
  const keysById = new Map(hmacKeys.map((key) => [hmacKeyId(key), key]));
  let present = false;
  const inTurn = bounded();
  let unusable: ImportedSecrets['unusable'] = [];
  const imported: ImportedSecrets = {
    get unusable() {
      return unusable;
    },
    get present() {
      return present;
    },
    async find(secret) {
      for (const stored of fastDigests(secret, keysById)) if (await store.hasDigest(stored)) return stored;
      const digests = await store.bcryptDigests(beginnings(secret), secret.slice(-4));
      return digests.length === 0 ? null : await inTurn(() => firstMatch(secret, digests));
    },
    upgrade: (id, stored, secret) => store.upgradeDigest(id, stored, secretDigest(secret)),
    async refresh() {
      // An import is never undone.
      present ||= (await store.setting(DATABASE_SETTINGS.importedDigests)) !== null;
    },
  };
  await imported.refresh();
  if (present) {
    const found = await store.hmacDigests();
    unusable = found.filter(({ digest }) => !keysById.has(hmacKeyIdOf(digest)));
  }
  return imported;
}

/** What an imported key's prefix may be: every beginning, the longest first. */
function beginnings(secret: string): string[] {
  const longest = Math.min(MOST_PREFIX_LENGTH, secret.length);
  return Array.from({ length: longest + 1 }, (_, i) => secret.slice(0, longest - i));
}

async function firstMatch(secret: string, digests: readonly string[]): Promise<string | null> {
  // Loaded only where there are such digests. It works on threads of its own.
  const { verify } = await import('./bcrypt.js');
  for (const stored of digests) if (await verify(secret, bcryptHash(stored))) return stored;
  return null;
}

/** Runs a few at a time; past that, throws `unavailable`, so that guesses cannot pile up. */
function bounded(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let running = 0;
  const waiting: Array<() => void> = [];
  return async (work) => {
    if (running >= MOST_AT_ONCE) {
      if (waiting.length >= MOST_WAITING) {
        throw new KeysError('unavailable', 'too many first uses of imported keys at once', {
          retryAfterSeconds: 2,
        });
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
