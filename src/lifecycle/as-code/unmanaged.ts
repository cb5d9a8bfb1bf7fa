import type { Key } from '../../domain/key.js';
import { shownTime } from '../../domain/whole-seconds.js';
import { type Operation, waitingPlaces } from '../../storage/ledger/operation.js';
import type { Action, KeyPlan } from './action.js';
import { action, DO_NOTHING } from './planned-key.js';

/** What an account has beside the entries of the file. */
export interface BesideTheFile {
  /** Name of the account in the file. */
  readonly account: string;
  /** Active and retiring keys that belong to no entry. */
  readonly keys: readonly Key[];
  /** Creates and rolls that are not finished and belong to no entry, oldest first. */
  readonly operations: readonly Operation[];
}

/**
 * What the file does not name: active keys, and creates and rolls that are not finished, though their keys
 * may be gone. Apply reports them and touches none; `keys resume` finishes what was begun.
 */
export function unmanaged({ account, keys, operations }: BesideTheFile): KeyPlan[] {
  const active = keys.filter(({ status }) => status !== 'retiring');
  const shown = new Set(active.map(({ id }) => id));
  const gone = operations.filter((operation) => !keysOf(operation).some((id) => shown.has(id)));
  return [
    ...active.map(({ id, name }) =>
      reported(account, name, id, operations.find((one) => keysOf(one).includes(id)) ?? null),
    ),
    ...gone.map((one) => reported(account, one.name, one.key?.id ?? null, one)),
  ];
}

function keysOf({ key, previous, retire }: Operation): string[] {
  return [key?.id, previous?.id, retire?.id].filter((id) => id !== undefined);
}

const NOT_NAMED = 'the file does not name it';

function reported(account: string, name: string, id: string | null, operation: Operation | null): KeyPlan {
  const about = id === null ? [] : [id];
  const actions: Action[] =
    operation === null
      ? [action('unmanaged', id, NOT_NAMED, about, DO_NOTHING)]
      : [
          {
            ...action(
              'unmanaged',
              id,
              `${NOT_NAMED}; ${left(operation)}`,
              [...about, operation.id],
              DO_NOTHING,
            ),
            operation: operation.id,
            next: 'resume',
          },
        ];
  return { account, name, entry: null, actions, notes: [] };
}

/** What an operation still has to do. */
function left(operation: Operation): string {
  const { id, kind, step, retire } = operation;
  if (step === 'retiring' && retire !== null) {
    const end = retire.at === null ? '' : `, at ${shownTime(retire.at)}`;
    return `${id} has still to revoke the old key ${retire.id}${end}`;
  }
  const waits = waitingPlaces(operation);
  return `its ${kind} ${id} is not finished${waits.length === 0 ? '' : `, for ${waits.join(', ')}`}`;
}
