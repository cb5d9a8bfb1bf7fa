import { addressOfTarget } from '../../connect/address-of-target.js';
import type { Account } from '../../domain/managed-key.js';
import type { OperationTarget } from '../../storage/ledger/operation.js';
import type { LifecycleContext } from '../lifecycle-context.js';

/** Whether a target is of this account. Opens nothing. */
export async function reaches(
  target: OperationTarget,
  account: Account,
  context: Pick<LifecycleContext, 'env' | 'flags' | 'process' | 'settings'>,
): Promise<boolean> {
  return (
    (target.policy ?? target.provider) === account.provider &&
    Object.entries(account.context).every(([name, value]) => target.set[name] === value) &&
    (await addressOfTarget(target, context)) === account.address
  );
}
