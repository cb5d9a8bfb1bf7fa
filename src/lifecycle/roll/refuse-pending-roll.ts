import { KeysError } from '../../domain/errors.js';
import type { ManagedKey } from '../../domain/managed-key.js';
import { isUnfinished } from '../../storage/ledger/operation.js';
import type { Means } from '../operation/means.js';

/**
 * Throws `conflict` if a roll of the key is pending and its successor is none of the keys that change: it
 * could do more, have the old name, work although the key is paused, or be a second key of the name.
 */
export async function refusePendingRoll(
  ids: readonly string[],
  managed: ManagedKey,
  { ledger }: Pick<Means, 'ledger'>,
  done: 'changed' | 'paused' | 'created again',
): Promise<void> {
  const pending = (await ledger.operationsOf([managed.id])).find(
    (one) =>
      one.managed === managed.id &&
      one.kind === 'roll' &&
      isUnfinished(one) &&
      // A change of the new key would be lost by an abort, and one of the old key by the end of the roll.
      (done === 'changed' || one.key === null || !ids.includes(one.key.id)),
  );
  if (pending === undefined) return;
  throw new KeysError('conflict', `${managed.name} cannot be ${done}: its roll is pending`, {
    hint: 'nothing was changed',
    next: 'resume_or_abort',
    details: { operation: pending.id, name: managed.name },
  });
}
