import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import type { ManagedKey } from '../../domain/managed-key.js';
import { isUnfinished, type Operation } from '../../storage/ledger/operation.js';
import { isFor } from '../operation/start-operation.js';

/** Throws `conflict` for a key whose create is pending: no place may have its secret yet. */
export function refusePendingCreate(key: Key, managed: ManagedKey, operations: readonly Operation[]): void {
  const { address } = managed.account;
  const pending = operations.find(
    (one) =>
      one.kind === 'create' &&
      isUnfinished(one) &&
      (isFor(one, managed) || (one.key?.id === key.id && one.address === address)),
  );
  if (pending === undefined) return;
  throw new KeysError('conflict', `${key.name} (${key.id}) cannot be rolled: its create is pending`, {
    next: 'resume',
    details: { operation: pending.id, key_id: key.id },
  });
}

/**
 * Throws `conflict` for a key whose roll waits for a person to revoke the old key: another roll would create
 * a third key.
 */
export function refusePendingEnd(
  { id, name }: ManagedKey,
  operations: readonly Operation[],
  now: number,
): void {
  const pending = operations.find(
    (one) =>
      one.kind === 'roll' &&
      one.managed === id &&
      one.step === 'retiring' &&
      one.retire?.at != null &&
      one.retire.at <= now,
  );
  if (pending === undefined) return;
  throw new KeysError(
    'conflict',
    `a roll of ${name} is pending: its new key exists, and the old key ${pending.retire?.id} is not revoked yet`,
    { next: 'resume_or_drop', details: { operation: pending.id, key_id: pending.retire?.id, name } },
  );
}
