import { type KeysError, keysErrorOf } from '../../domain/errors.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import {
  type Delivery,
  isUnfinished,
  type Operation,
  type OperationTarget,
} from '../../storage/ledger/operation.js';
import { managedOf } from '../find/managed-of.js';
import { requireSameAccount } from '../find/same-account.js';
import { isStdout } from '../places/read-plan.js';
import { advance } from './advance.js';
import { outcomeOf } from './certainty.js';
import { OTHER_PROGRAM_MS, withLease } from './lease.js';
import type { Means } from './means.js';
import { emptyOutcome, isFinished, type Outcome } from './outcome.js';
import { Step } from './step.js';

/** What became of one operation; `failed`: nothing could be done, `error` says why. */
export interface Resumed {
  readonly operation: Operation;
  readonly outcome: Outcome | null;
  readonly error: KeysError | null;
}

export type ResumeResult = 'finished' | 'created_anew' | 'waiting' | 'dropped' | 'failed';

export interface ResumeOptions {
  readonly ledger: Ledger;
  /** Opens the account of an operation. Throws if its credential is not to be had. */
  readonly connect: (target: OperationTarget) => Promise<Means>;
  readonly now: () => number;
  /** Changes an operation before it is continued, such as its places. */
  readonly change?: (operation: Operation) => Operation;
}

/**
 * Continues each operation that is due; what fails for one holds up no other. Never throws for one operation.
 */
export async function* resumeEach(
  operations: readonly Operation[],
  options: ResumeOptions,
): AsyncGenerator<Resumed> {
  for (const operation of operations) {
    if (!isDue(operation, options.now())) continue;
    yield await resumeOne(operation, options);
  }
}

/**
 * False for a delivery that only the call that began it wanted, such as to its clipboard, and that is not
 * made: once a person names another place for the secret, it is of no use any more.
 */
export function outlivesItsCall({ delivered, remembered }: Delivery): boolean {
  return delivered || remembered;
}

/**
 * Returns the operation with stdout as a further place, if a place still waits for its secret, or none is
 * left for it.
 */
export function withSecretPrinted(operation: Operation): Operation {
  const isDelivered = operation.deliveries.length > 0 && operation.deliveries.every((one) => one.delivered);
  if (!isUnfinished(operation) || isDelivered) return operation;
  const deliveries = operation.deliveries.filter((one) => isStdout(one.place) || outlivesItsCall(one));
  if (deliveries.some(({ place }) => isStdout(place))) return { ...operation, deliveries };
  const place = { id: 'stdout', label: 'stdout', spec: { kind: 'stdout', form: 'record' } };
  return { ...operation, deliveries: [{ place, remembered: false, delivered: false }, ...deliveries] };
}

/** An operation that only waits for its old key's end is left alone until then. */
function isDue({ step, retire }: Operation, now: number): boolean {
  return step !== 'retiring' || retire?.at == null || retire.at <= now;
}

/** Continues one operation. What the provider refuses before anything was created is dropped. */
export async function resumeOne(operation: Operation, options: ResumeOptions): Promise<Resumed> {
  const { ledger, connect, change = (same: Operation) => same } = options;
  let step: Step | undefined;
  try {
    const means = await connect(operation.target);
    const outcome = await withLease(
      operation.managed,
      means,
      async (lease) => {
        const current = await ledger.operation(operation.id);
        // Another program has finished it meanwhile.
        if (current === null) return null;
        const managed = await managedOf(current, means);
        await requireSameAccount(current, managed, means);
        step = new Step(change(current), managed, lease, means);
        await step.save({});
        return await advance(step, means);
      },
      { waitMs: OTHER_PROGRAM_MS },
    );
    return { operation: outcome?.operation ?? operation, outcome, error: null };
  } catch (thrown) {
    const error = keysErrorOf(thrown);
    const refused = step !== undefined && step.operation.step === 'intended' && !step.operation.revokeFirst;
    if (!refused || step === undefined || outcomeOf(error, false) === 'unknown') {
      return { operation, outcome: null, error };
    }
    await step.end();
    return { operation, outcome: { ...emptyOutcome(operation), dropped: error.message }, error: null };
  }
}

/** One word for what became of it. */
export function resultOf({ outcome, error }: Resumed): ResumeResult {
  if (error !== null) return 'failed';
  if (outcome === null) return 'finished';
  if (outcome.dropped !== null) return 'dropped';
  if (!isFinished(outcome)) return 'waiting';
  return outcome.anew ? 'created_anew' : 'finished';
}
