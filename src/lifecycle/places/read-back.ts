import { credentialDigests } from '../../domain/credential-digests.js';
import type { Credential, Key } from '../../domain/key.js';
import type { ManagedKey } from '../../domain/managed-key.js';
import type { LedgerKey } from '../../storage/ledger/ledger.js';
import type { Delivery } from '../../storage/ledger/operation.js';
import type { Means } from '../operation/means.js';
import { savedKeysPlace } from './saved-keys-place.js';

/**
 * Returns the secret of a key from the first of these places that still has it, else the one that is saved of
 * it, as of each key that a person creates in a dashboard. Null if none has it or none can be read. The
 * digests in the ledger prove that it is this key's secret.
 */
export async function readBack(
  key: Key,
  places: ReadonlyArray<Delivery['place']>,
  known: Pick<LedgerKey, 'digests' | 'secret_item'> | null,
  { open }: Pick<Means, 'open'>,
): Promise<Credential | null> {
  if (known === null) return null;
  const saved = known.secret_item === null ? [] : [savedKeysPlace(known.secret_item)];
  for (const place of [...places, ...saved]) {
    const created = { key, credential: { secret: '' } };
    const opened = await open(place, { created, previous: null, name: key.name });
    const held = await opened?.holds?.().catch(() => null);
    if (held && credentialDigests(held).every((digest) => known.digests.includes(digest))) return held;
  }
  return null;
}

/** The secret of this version from one of the places that have it; null if none can be read back. */
export async function readBackVersion(
  { account, places }: ManagedKey,
  id: string,
  means: Pick<Means, 'open' | 'ledger'>,
): Promise<Credential | null> {
  const known = await means.ledger.find({ provider: account.provider, address: account.address }, id);
  const having = places.filter(({ delivered }) => delivered?.id === id);
  return known === null ? null : await readBack(known.key, having, known, means);
}
