import { KeysError } from '../domain/errors.js';
import type { ManagedKey } from '../domain/managed-key.js';
import type { HeldLease } from '../storage/ledger/managed-keys.js';
import { type LeaseMeans, withLease } from './lease.js';
import type { Means } from './means.js';

/**
 * Changes a managed key under its lease, as the ledger has it then: what another program has just written is kept. `waitMs`: how long
 * to wait for another program that works on the key. Throws `not_found` if it is gone, and `conflict` after the wait.
 */
export async function changeManaged<Result>(
  id: string,
  means: LeaseMeans & Pick<Means, 'ledger'>,
  change: (
    managed: ManagedKey,
    save: (changes: Partial<ManagedKey>) => Promise<void>,
    lease: HeldLease,
  ) => Promise<Result>,
  options: { readonly waitMs?: number } = {},
): Promise<Result> {
  const { managed: keys } = means.ledger;
  const work = async (lease: HeldLease) => {
    let current = await keys.byId(id);
    if (current === null) throw new KeysError('not_found', `the managed key ${id} is gone`);
    const save = async (changes: Partial<ManagedKey>) => {
      if (current === null) return;
      current = { ...current, ...changes };
      await means.leases.renew(lease);
      await keys.save(current, lease);
    };
    return await change(current, save, lease);
  };
  return await withLease(id, means, work, options);
}
