import { credentialDigests } from '../../domain/credential-digests.js';
import type { ManagedKey } from '../../domain/managed-key.js';
import type { Ledger } from '../../storage/ledger/ledger.js';

/** The managed key that has this secret; null for a value that is no secret of one. */
export async function ownerOf(value: string, ledger: Ledger): Promise<ManagedKey | null> {
  const known = await ledger.byDigest(credentialDigests({ secret: value })[0] ?? '');
  if (known === null) return null;
  return await ledger.managed.byVersion({ provider: known.provider, address: known.address }, known.key.id);
}
