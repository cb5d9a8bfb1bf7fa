import { isoTime } from '../../domain/clock.js';
import type { Key } from '../../domain/key.js';
import type { Outcome } from '../../lifecycle/operation/outcome.js';
import { requireFinished } from '../../lifecycle/operation/start-operation.js';
import type { PlannedPlace } from '../../lifecycle/places/key-places.js';
import { isStdout } from '../../lifecycle/places/read-plan.js';
import { keyFields, successorFields } from '../../terminal/key-columns.js';
import type { Output } from '../../terminal/output.js';
import type { Context } from '../context.js';

/**
 * Shows the key that was created, unless its secret was printed already; then throws what `requireFinished`
 * throws.
 */
export async function showOutcome(
  outcome: Outcome,
  places: readonly PlannedPlace[],
  context: Pick<Context, 'clock'> & { readonly output: Output },
): Promise<void> {
  const { output } = context;
  const key = outcome.created?.key ?? outcome.operation.key;
  const printed = places.some(({ place }) => isStdout(place));
  if (key !== null && !printed && outcome.dropped === null) {
    const delivered = outcome.operation.deliveries
      .filter((one) => one.delivered)
      .map(({ place }) => place.label);
    const previous = previousOf(outcome, context.clock.now());
    const record = { ...key, ...(previous === null ? {} : { previous }), delivered_to: delivered };
    const fields = previous === null ? keyFields : successorFields;
    await output.record(record, [
      ...fields(key, context.clock.now(), output.human),
      ['delivered to', delivered.join(', ') || (outcome.pending.length > 0 ? 'nothing yet' : 'keychain')],
    ]);
  }
  for (const { label, reason } of outcome.pending) output.warn(`not delivered to ${label}: ${reason}`);
  for (const { id, name } of outcome.unproven)
    output.warn(`a new key may be of this operation: ${id} (${name})`);
  requireFinished(outcome);
}

/** The old key as it is now. */
export function previousOf({ previous, retired, retiresAt, operation }: Outcome, now: number): Key | null {
  const old = previous ?? operation.previous;
  if (old === null) return null;
  const successor = operation.key === null ? {} : { rolled_to: operation.key.id };
  if (operation.revokeFirst || retired)
    return { ...old, ...successor, status: 'revoked', expires_at: isoTime(now) };
  if (retiresAt === null) return old;
  return { ...old, ...successor, status: 'retiring', expires_at: isoTime(retiresAt) };
}
