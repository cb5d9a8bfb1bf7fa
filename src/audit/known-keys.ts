import { PREFIXES, SECRET_BODY_LENGTH } from '../domain/secret-format.js';
import type { LedgerKey } from '../storage/ledger/ledger.js';
import type { KnownSecret } from './repository/known-secrets.js';

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
