import { PREFIXES, SECRET_BODY_LENGTH } from '../../domain/secret-format.js';
import { sha256 } from '../../domain/sha256.js';
import type { LedgerKey } from '../../storage/ledger/ledger.js';

/** A secret that the ledger holds, without the secret. */
export interface KnownSecret {
  /** SHA-256 of the secret, 64 small hex digits. */
  readonly digest: string;
  readonly provider: string;
  readonly keyId: string;
  readonly name: string;
  /** How the secret begins, such as `sk_live_`. Empty where nothing is known of it. */
  readonly prefix: string;
  /**
   * All characters of the secret. Absent: not known, and every run of key characters behind the prefix is
   * tried.
   */
  readonly length?: number;
}

/** Known secrets, arranged for the search: few prefixes and lengths say what is worth a digest. */
export interface KnownSecrets {
  readonly byDigest: ReadonlyMap<string, KnownSecret>;
  /** Length 0 stands for one that is not known. */
  readonly lengthsByPrefix: ReadonlyMap<string, ReadonlySet<number>>;
}

export function indexSecrets(secrets: Iterable<KnownSecret>): KnownSecrets {
  const byDigest = new Map<string, KnownSecret>();
  const lengthsByPrefix = new Map<string, Set<number>>();
  for (const secret of secrets) {
    byDigest.set(secret.digest, secret);
    const lengths = lengthsByPrefix.get(secret.prefix) ?? new Set();
    lengthsByPrefix.set(secret.prefix, lengths.add(secret.length ?? 0));
  }
  return { byDigest, lengthsByPrefix };
}

/** As `KnownSecret.digest` has it. */
export function digestOf(secret: string): string {
  return sha256(secret);
}

/** The ledger's keys as the search of files wants them. Public keys are made to be seen, and are left out. */
export function* knownSecrets(entries: Iterable<LedgerKey>): Generator<KnownSecret> {
  for (const { provider, key, digests } of entries) {
    if (key.type === 'public') continue;
    for (const [part, digest] of digests.entries()) {
      // The record's prefix is that of the first part; of a pair's second nothing is known.
      const prefix = part === 0 ? (key.prefix ?? '') : '';
      const ours = provider === 'keys' && (PREFIXES as readonly string[]).includes(prefix);
      yield {
        digest,
        provider,
        keyId: key.id,
        name: key.name,
        prefix,
        ...(ours ? { length: prefix.length + SECRET_BODY_LENGTH } : {}),
      };
    }
  }
}
