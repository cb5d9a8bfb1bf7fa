import type { Connection } from '../../connect/connection.js';
import type { Key } from '../../domain/key.js';
import { currentVersion, type ManagedKey } from '../../domain/managed-key.js';
import { isUnfinished } from '../../storage/ledger/operation.js';
import { changeManaged } from '../change-managed.js';
import { leaseMeans } from '../find/find-managed.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import { OTHER_PROGRAM_MS } from '../operation/lease.js';
import { isFor, refsOf } from '../operation/start-operation.js';
import { versionsOfChain } from './follow-rolls.js';

/**
 * Writes versions that were rolled elsewhere into the ledger, and says so. Returns the managed key with them;
 * the key as it is while an operation of it is pending, which will write its own version.
 */
export async function takeInRolls(
  managed: ManagedKey,
  chain: readonly Key[],
  { target }: Pick<Connection, 'target'>,
  context: LifecycleContext,
): Promise<ManagedKey> {
  const ledger = await context.ledger();
  const isPending = (await ledger.operationsOf(refsOf(managed))).some(
    (one) => isUnfinished(one) && isFor(one, managed),
  );
  if (isPending) return managed;
  const write = async (current: ManagedKey, save: (changes: Partial<ManagedKey>) => Promise<void>) => {
    const { provider, address } = current.account;
    const versions = versionsOfChain(current, chain);
    const strays = versions.filter(({ id }) => !current.versions.some((one) => one.id === id));
    for (const { record: key } of strays) {
      const entry = { provider, address, key, digests: [], secret_item: null };
      await ledger.put({ ...entry, base_url: target.baseUrl, roll_by: null }, context.clock.now());
    }
    await save({ versions });
    return { ...current, versions };
  };
  const waitMs = OTHER_PROGRAM_MS;
  const taken = await changeManaged(managed.id, await leaseMeans(context), write, { waitMs });
  const newest = currentVersion(taken);
  if (newest !== null && newest.id !== currentVersion(managed)?.id) {
    context.output.warn(
      `${taken.name} was rolled elsewhere: its newest version is ${newest.id}, and its secret is not saved here`,
    );
  }
  return taken;
}
