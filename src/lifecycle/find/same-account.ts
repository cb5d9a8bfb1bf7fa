import { allKeys } from '../../domain/all-keys.js';
import { KeysError } from '../../domain/errors.js';
import type { ManagedKey } from '../../domain/managed-key.js';
import type { Operation } from '../../storage/ledger/operation.js';
import type { Means } from '../operation/means.js';
import { boundedList } from './bounded-list.js';

/**
 * Throws `origin_mismatch` where an operation would be continued with the credential of another account.
 * Another credential than the one that it was begun with must see a key that the account is known to have.
 */
export async function requireSameAccount(
  { credential, key, previous, census, idempotent, step }: Operation,
  { versions }: ManagedKey,
  means: Means,
): Promise<void> {
  const { fingerprint } = means;
  if (!credential || fingerprint === null || credential === fingerprint) return;
  if (idempotent && step === 'sent' && key === null) {
    throw new KeysError('origin_mismatch', 'only the credential that sent the request can repeat it', {
      hint: 'use the credential with which it was begun; nothing was sent with this one',
    });
  }
  const known = new Set([key?.id, previous?.id, ...versions.map(({ id }) => id), ...(census ?? [])]);
  for await (const { id } of allKeys(boundedList(means), {})) if (known.has(id)) return;
  throw new KeysError(
    'origin_mismatch',
    'the credential in use sees no key of the account that this is for',
    {
      hint: 'use the credential with which it was begun; only a list request was sent with this one',
    },
  );
}
