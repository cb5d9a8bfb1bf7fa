import type { CreatedKey, Key } from '../../domain/key.js';
import type { Operation } from '../../storage/ledger/operation.js';

/** A place that still waits for its secret, and why. */
export interface PendingDelivery {
  readonly label: string;
  readonly reason: string;
}

/** How an operation stands after as much of it was done as could be. */
export interface Outcome {
  readonly operation: Operation;
  readonly created: CreatedKey | null;
  /** The old key, of a roll. */
  readonly previous: Key | null;
  readonly pending: readonly PendingDelivery[];
  /** What else holds the operation up; null: nothing. */
  readonly waiting: string | null;
  /** Whether the service does not accept the new key, and nobody has paused it. */
  readonly isRefused: boolean;
  /** The provider file to correct before a later run can go on; null: none. */
  readonly correct: string | null;
  /** Epoch milliseconds at which the old key ends. */
  readonly retiresAt: number | null;
  /** Whether `keys` must run then; otherwise the provider revokes the old key. */
  readonly endsByLedger: boolean;
  /** Whether the old key was revoked now. */
  readonly retired: boolean;
  /** Keys that were revoked because their secret was lost. */
  readonly revoked: readonly string[];
  /** Whether the key was created again after its first response was lost. */
  readonly anew: boolean;
  /** Keys that have come since the request and may be this operation's; nothing was done to them. */
  readonly unproven: readonly Key[];
  /** Why the operation was closed without its key; null: it was not. */
  readonly dropped: string | null;
}

/** An outcome in which nothing has happened yet. */
export function emptyOutcome(operation: Operation): Outcome {
  return {
    operation,
    created: null,
    previous: operation.previous,
    pending: [],
    waiting: null,
    isRefused: false,
    correct: null,
    retiresAt: null,
    endsByLedger: false,
    retired: false,
    revoked: [],
    anew: false,
    unproven: [],
    dropped: null,
  };
}

/** Whether nothing of the operation is left to be done but the old key's end at its time. */
export function isFinished({ pending, waiting, unproven, dropped }: Outcome): boolean {
  return pending.length === 0 && waiting === null && unproven.length === 0 && dropped === null;
}
