import { KeysError } from '../domain/errors.js';
import { accountText, type ManagedKey } from '../domain/managed-key.js';
import type { HeldLease } from '../storage/ledger/managed-keys.js';
import type { AccountConnection } from './account-connection.js';
import { accountOf } from './find/account-of.js';
import type { ResolvedKey } from './find/resolved-key.js';
import { type LeaseMeans, withLease } from './operation/lease.js';
import type { Means } from './operation/means.js';

/** Writes changes of a managed key into the ledger. */
export type Save = (changes: Partial<ManagedKey>) => Promise<void>;

/**
 * Changes a managed key under its lease, as the ledger has it then: what another program has just written is
 * kept. `waitMs`: how long to wait for another program that works on the key. Throws `not_found` if it is
 * gone, and `conflict` after the wait.
 */
export async function changeManaged<Result>(
  id: string,
  means: LeaseMeans & Pick<Means, 'ledger'>,
  change: (managed: ManagedKey, save: Save, lease: HeldLease) => Promise<Result>,
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

/**
 * Changes a key that was found, under its lease. A key that the ledger does not know has a lease, too: a
 * vendor whose update replaces the whole record would lose what another program changes between its read and
 * its write. `change` gets null for such a key. Throws `conflict` if another program works on the key.
 */
export async function changeFound<Result>(
  { key, managed }: Pick<ResolvedKey, 'key' | 'managed'>,
  connection: Pick<AccountConnection, 'target' | 'address' | 'provider'>,
  means: LeaseMeans & Pick<Means, 'ledger'>,
  change: (managed: ManagedKey | null, save: Save) => Promise<Result>,
): Promise<Result> {
  if (managed !== null) return await changeManaged(managed.id, means, change);
  const account = accountOf(connection);
  return await withLease(`key ${accountText(account)} ${key.id}`, means, async () => {
    const taken = await means.ledger.managed.byVersion(account, key.id);
    if (taken !== null) return await changeManaged(taken.id, means, change);
    return await change(null, async () => undefined);
  });
}
