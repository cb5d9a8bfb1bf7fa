import { KeysError } from '../domain/errors.js';
import type { ManagedKey } from '../domain/managed-key.js';
import type { HeldLease } from '../storage/ledger/managed-keys.js';
import { type LeaseMeans, withLease } from './lease.js';
import type { Means } from './means.js';

/**
 * Changes a managed key under its lease, as the ledger has it then: what another program has just written is kept. Throws
 * `not_found` if it is gone.
 */
export async function changeManaged<Result>(
  id: string,
  means: LeaseMeans & Pick<Means, 'ledger'>,
  change: (
    managed: ManagedKey,
    save: (changes: Partial<ManagedKey>) => Promise<void>,
    lease: HeldLease,
  ) => Promise<Result>,
): Promise<Result> {
  const { managed: keys } = means.ledger;
  return await withLease(id, means, async (lease) => {
    let current = await keys.byId(id);
    if (current === null) throw new KeysError('not_found', `the managed key ${id} is gone`);
    return await change(
      current,
      async (changes) => {
        if (current === null) return;
        current = { ...current, ...changes };
        await means.leases.renew(lease);
        await keys.save(current, lease);
      },
      lease,
    );
  });
}
