import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import type { KeyService } from '../../domain/key-service.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import {
  isRollThatWaits,
  isUnfinished,
  type Operation,
  waitingPlaces,
} from '../../storage/ledger/operation.js';
import type { ResolvedKey } from '../find/resolved-key.js';

/**
 * The old keys that are left when revoking `ids` ends rolls that are not finished: each as the service has it
 * now, or as it was before the roll where the service does not say. A failure to read it holds up no revoke.
 */
export async function keysLeftByRolls(
  { managed }: ResolvedKey,
  ids: readonly string[],
  { ledger, service }: { readonly ledger: Ledger; readonly service: Pick<KeyService, 'get'> },
): Promise<readonly Key[]> {
  if (managed === null) return [];
  const operations = (await ledger.operationsOf([managed.id])).filter((one) => one.managed === managed.id);
  const left = operations.flatMap((operation) => oldKeyLeft(operation, ids) ?? []);
  return await Promise.all(left.map(async (key) => await asItIs(key, service)));
}

/**
 * The old key of an unfinished roll whose new key is among these ids; null: no such roll, or both are among
 * them.
 */
function oldKeyLeft(operation: Operation, ids: readonly string[]): Key | null {
  const { kind, key, previous } = operation;
  if (kind !== 'roll' || !isUnfinished(operation) || key === null || previous === null) return null;
  return ids.includes(key.id) && !ids.includes(previous.id) ? previous : null;
}

async function asItIs(key: Key, service: Pick<KeyService, 'get'>): Promise<Key> {
  try {
    return await service.get(key.id);
  } catch (error) {
    if (error instanceof KeysError) return key;
    throw error;
  }
}

/** A roll whose new key has not reached all its places. */
interface RollThatWaits {
  /** Id of the operation. */
  readonly id: string;
  /** Id of the new key. */
  readonly newKey: string;
  /** Labels of the places that wait for it. */
  readonly places: readonly string[];
}

/**
 * The rolls that are not finished, whose old key is among these ids and whose new key is not: what reads at a
 * place that waits for the new secret still uses the old key.
 */
export async function rollsThatWait(
  { managed }: ResolvedKey,
  ids: readonly string[],
  ledger: Ledger,
): Promise<readonly RollThatWaits[]> {
  if (managed === null) return [];
  return (await ledger.operationsOf([managed.id]))
    .filter(isRollThatWaits)
    .filter(
      ({ managed: id, key, previous }) =>
        id === managed.id && ids.includes(previous.id) && !ids.includes(key.id),
    )
    .map((operation) => ({ id: operation.id, newKey: operation.key.id, places: waitingPlaces(operation) }));
}
