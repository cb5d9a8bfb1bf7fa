import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import type { ManagedKey } from '../../domain/managed-key.js';
import type { HeldLease } from '../../storage/ledger/managed-keys.js';
import type { Operation } from '../../storage/ledger/operation.js';
import { advance } from './advance.js';
import type { Means } from './means.js';
import type { Outcome } from './outcome.js';
import { needsCensus } from './send-request.js';
import { Step } from './step.js';

/**
 * Begins an operation: it is on the disk before its request is sent, and removed again if the request was
 * refused. Throws the refusal; throws `pending` where the key may have been created.
 */
export async function begin(
  operation: Operation,
  managed: ManagedKey,
  lease: HeldLease,
  means: Means,
): Promise<Outcome> {
  const step = new Step(operation, managed, lease, means);
  // Where nothing comes before the request, `sendRequest` writes it down first.
  if (operation.key !== null || operation.revokeFirst || needsCensus(operation, means)) await step.save({});
  try {
    return await advance(step, means);
  } catch (error) {
    if (step.operation.step !== 'intended') throw unfinished(error, step.operation);
    if (isRevokedFirst(step.operation)) throw unfinished(error, step.operation);
    await means.escrow.remove(step.operation);
    await step.end();
    throw error;
  }
}

/** Whether the old key was revoked before its successor exists, so that the roll must be finished. */
export function isRevokedFirst({ revokeFirst, previous }: Operation): boolean {
  return revokeFirst && previous?.status === 'revoked';
}

/** The error of an operation that is not over: "pending", unless another program changed the key. */
export function unfinished(error: unknown, { id, name, kind }: Operation): unknown {
  if (!(error instanceof KeysError) || error.code === 'conflict') return error;
  // A file of the user's own that cannot be run stops every later run, too.
  const isMistaken = typeof error.details?.['file'] === 'string';
  return new KeysError('pending', `the ${kind} of ${name} is not finished: ${error.message}`, {
    next: isMistaken ? 'correct_and_resume' : 'resume',
    details: { ...error.details, operation: id, cause: error.code },
    ...compact({ retryAfterSeconds: error.retryAfterSeconds }),
    cause: error,
  });
}
