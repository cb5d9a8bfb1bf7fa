import { isoTime } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import type { Outcome } from '../../lifecycle/operation/outcome.js';
import { isStdout } from '../../lifecycle/places/read-plan.js';
import type { LeftKey } from '../../lifecycle/roll/left-by-hand.js';
import type { Delivered, PendingOperation } from '../../service/console/console-ledger.js';
import { isUnfinished, type Operation } from '../../storage/ledger/operation.js';
import type { PageContext } from './page-context.js';

/** What a page says of an operation that another program has finished meanwhile. */
export const FINISHED: Delivered = {
  ...{ name: '', key: null, shown: null, oldKey: null, places: [], waiting: null },
  ...{ candidates: [], operation: null, said: [] },
};

/** Whether a person must still save the secret of an operation. */
export function isUnsaved(operation: Operation): boolean {
  return isUnfinished(operation) && operation.deliveries.some((one) => isStdout(one.place) && !one.delivered);
}

/** A create or roll that is not finished, for a page. */
export function pendingOf(operation: Operation): PendingOperation {
  const { id, kind, name, key, created_at, deliveries, retire } = operation;
  const waits = deliveries.filter(({ place, delivered }) => !delivered && !isStdout(place));
  const ends = isUnfinished(operation) || retire?.at == null ? null : isoTime(retire.at);
  return {
    ...{ id, kind, name, keyId: key?.id ?? null, since: isoTime(created_at) },
    places: isUnfinished(operation) ? waits.map(({ place }) => place.label) : [],
    unsaved: isUnsaved(operation),
    oldKeyEnds: ends,
    oldKey: null,
  };
}

/** A roll in a dashboard whose old key a person has not revoked, for a page. */
export function pendingOfLeft({ managed, old, successor, since }: LeftKey): PendingOperation {
  return {
    ...{ id: old.id, kind: 'roll', name: managed.name, keyId: successor?.id ?? null, since: isoTime(since) },
    ...{ places: [], unsaved: false, oldKeyEnds: null },
    oldKey: { id: old.id, hint: old.record.hint ?? null },
  };
}

/** What became of an operation, for a page. Throws `conflict` for one that was closed without its key. */
export async function deliveredOf(outcome: Outcome, { context, said }: PageContext): Promise<Delivered> {
  const { operation, created, pending, waiting, unproven, dropped } = outcome;
  if (dropped !== null)
    throw new KeysError('conflict', `the ${operation.kind} of ${operation.name} was not done: ${dropped}`);
  const reasons = new Map(pending.map(({ label, reason }) => [label, reason]));
  const unsaved = isUnsaved(operation);
  return {
    name: operation.name,
    key: created?.key ?? operation.key,
    shown: unsaved ? created : null,
    oldKey: await oldKeyText(outcome, unsaved, context.clock.now()),
    places: operation.deliveries
      .filter(({ place }) => !isStdout(place))
      .map(({ place: { label }, delivered }) => ({
        label,
        problem: delivered ? null : (reasons.get(label) ?? 'not delivered yet'),
      })),
    // The page says itself what the candidates mean.
    waiting: unproven.length > 0 ? null : waiting,
    candidates: unproven.map(({ id, name }) => ({ id, name })),
    operation: isUnfinished(operation) ? operation.id : null,
    said,
  };
}

/** The end that the old key has already, whatever is still pending; empty: it has none. */
async function latestEnd({ previous, operation }: Outcome, unsaved: boolean, now: number): Promise<string> {
  const end = (previous ?? operation.previous)?.expires_at;
  if (!end || Date.parse(end) <= now) return '';
  const { localTime } = await import('../../terminal/absolute-time.js');
  return `, and until ${localTime(Date.parse(end))} at the latest: ${unsaved ? 'save it' : 'resume'} before then`;
}

async function oldKeyText(outcome: Outcome, unsaved: boolean, now: number): Promise<string | null> {
  const { previous, retire, revokeFirst } = outcome.operation;
  if (previous === null) return null;
  if ((unsaved || outcome.pending.length > 0) && retire !== null && !revokeFirst) {
    const when = unsaved
      ? 'you confirm that you have saved the new secret'
      : 'every place has the new secret';
    const hours = Math.round(retire.grace_ms / 3_600_000);
    const latest = await latestEnd(outcome, unsaved, now);
    return hours === 0
      ? `the old key works until ${when}${latest}`
      : `the old key works on for ${hours === 1 ? '1 hour' : `${hours} hours`} after ${when}${latest}`;
  }
  const { oldKeyLine } = await import('../show/show-roll.js');
  return await oldKeyLine(outcome, { now, human: true });
}
