import { MOST_PREFIX_LENGTH } from '../domain/secret-format.js';
import { createFairQueue, type FairQueueLimits, tooMany } from './fair-queue.js';
import { startStopwatch } from './http/stopwatch.js';
import type { KeyStore } from './store/key-store.js';
import { DATABASE_SETTINGS, LAST_IMPORT } from './store/settings.js';
import { bcryptHash, fastDigests, hmacKeyId, hmacKeyIdOf, secretDigest } from './stored-digest.js';

/** bcrypt takes some 100 ms of a core. A connection is closed after 60 s in which nothing moves. */
const IN_TURN: FairQueueLimits = { atOnce: 2, waiting: 32, waitingOfOne: 16, waitMs: 10_000 };
/** Longest that one secret is tried against hashes, milliseconds; together with the wait below 60 s. */
const MOST_TRIED_MS = 40_000;
/** Keys with digests of bcrypt that may begin and end alike: so many hashes one secret is tried against. */
export const MOST_ALIKE = 20;

/** Secrets of another key system, of which digests were imported. */
export interface ImportedSecrets {
  /** Whether the database has some, as the last `refresh` found. */
  readonly present: boolean;
  /** Keys that cannot be used, because the HMAC key of their digest was not given. As of the last import. */
  readonly unusable: ReadonlyArray<{ readonly id: string; readonly name: string }>;
  /**
   * The stored digest that a secret has by another algorithm than ours; null: none. `address`: of the caller,
   * for whom others do not wait long. Throws `unavailable` if too many wait for bcrypt.
   */
  find(secret: string, address?: string): Promise<string | null>;
  /** Replaces the digest of a key by our own, so that its next use is fast. */
  upgrade(id: string, stored: string, secret: string): Promise<void>;
  /**
   * Asks the database again: an import beside running servers. Returns the keys that are `unusable` since
   * then.
   */
  refresh(): Promise<ImportedSecrets['unusable']>;
}

type Store = Pick<KeyStore, 'setting' | 'hasDigest' | 'bcryptDigests' | 'hmacDigests' | 'upgradeDigest'>;

/** `hmacKeys`: those of imported digests by HMAC. Without its key, such a digest is never found. */
export async function openImportedSecrets(
  store: Store,
  hmacKeys: readonly Uint8Array[] = [],
): Promise<ImportedSecrets> {
  const keysById = new Map(hmacKeys.map((key) => [hmacKeyId(key), key]));
  let present = false;
  let lastImport: string | null = null;
  const match = createMatcher();
  let unusable: ImportedSecrets['unusable'] = [];
  async function findUnusable(): Promise<void> {
    unusable = (await store.hmacDigests()).filter(({ digest }) => !keysById.has(hmacKeyIdOf(digest)));
  }
  const imported: ImportedSecrets = {
    get unusable() {
      return unusable;
    },
    get present() {
      return present;
    },
    async find(secret, address) {
      for (const stored of fastDigests(secret, keysById)) if (await store.hasDigest(stored)) return stored;
      const digests = await store.bcryptDigests(beginnings(secret), secret.slice(-4));
      return digests.length === 0 ? null : await match(secret, digests, address);
    },
    upgrade: (id, stored, secret) => store.upgradeDigest(id, stored, secretDigest(secret)),
    async refresh() {
      // An import is never undone.
      present ||= (await store.setting(DATABASE_SETTINGS.importedDigests)) !== null;
      const last = present ? await store.setting(LAST_IMPORT) : null;
      if (last === lastImport) return [];
      lastImport = last;
      const before = new Set(unusable.map(({ id }) => id));
      await findUnusable();
      return unusable.filter(({ id }) => !before.has(id));
    },
  };
  await imported.refresh();
  // Where the keys came from a backup, no import is noted.
  if (present && lastImport === null) await findUnusable();
  return imported;
}

/** What an imported key's prefix may be: every beginning, the longest first. */
function beginnings(secret: string): string[] {
  const longest = Math.min(MOST_PREFIX_LENGTH, secret.length);
  return Array.from({ length: longest + 1 }, (_, i) => secret.slice(0, longest - i));
}

/** Tries a secret against hashes of bcrypt. */
type Match = (secret: string, digests: readonly string[], address?: string) => Promise<string | null>;

/** Requests that come together with the same secret wait for one and the same result. */
function createMatcher(): Match {
  const inTurn = createFairQueue(IN_TURN);
  const underWay = new Map<string, Promise<string | null>>();
  return (secret, digests, address) => {
    const name = secretDigest([secret, ...digests].join(' '));
    const before = underWay.get(name);
    if (before !== undefined) return before;
    const found = inTurn(address, (pause) => firstMatch(secret, digests, pause)).finally(() =>
      underWay.delete(name),
    );
    underWay.set(name, found);
    return found;
  };
}

async function firstMatch(
  secret: string,
  digests: readonly string[],
  pause: () => Promise<void>,
): Promise<string | null> {
  // Loaded only where there are such digests. It works on threads of its own.
  const { verify } = await import('./bcrypt.js');
  const elapsed = startStopwatch();
  for (const stored of digests) {
    if (await verify(secret, bcryptHash(stored))) return stored;
    await pause();
    if (elapsed() > MOST_TRIED_MS) throw tooMany();
  }
  return null;
}
