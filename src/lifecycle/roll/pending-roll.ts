import { KeysError } from '../../domain/errors.js';
import type { ManagedKey } from '../../domain/managed-key.js';
import { endOf, isUnfinished, type Operation } from '../../storage/ledger/operation.js';
import type { RollChoices, RollPlan } from './plan-roll.js';

/** A roll of this key that has not come to its end; one that only waits for the old key's end is over. */
export function isRollOf(operation: Operation, managed: ManagedKey): boolean {
  const { kind, managed: id, previous, address } = operation;
  if (kind !== 'roll' || !isUnfinished(operation)) return false;
  if (id === managed.id) return true;
  return (
    address === managed.account.address && managed.versions.some((version) => version.id === previous?.id)
  );
}

/**
 * What a pending roll will do. `asked`: the plan of this call, which nothing begins. Throws `conflict` for a
 * choice of this call that the pending roll was not begun with, such as another grace.
 */
export function planOfPending(
  pending: Operation,
  asked: RollPlan,
  choices: RollChoices,
  now: number,
): RollPlan {
  const { request, retire, inPlace, revokeFirst } = pending;
  const old = pending.previous ?? asked.old;
  const other = otherChoice(pending, asked, choices, now);
  if (other !== null) {
    throw new KeysError('conflict', `a roll of ${old.name} (${old.id}) with another ${other} is pending`, {
      next: 'resume_or_abort',
      details: { operation: pending.id, key_id: old.id, name: old.name },
    });
  }
  const ends = revokeFirst ? now : retire === null ? asked.ends : Math.min(now + retire.grace_ms, endOf(old));
  return { ...asked, old, request, retire, inPlace, revokeFirst, ends };
}

/**
 * How much later than its plan a roll may have begun, in milliseconds: a person may take minutes to confirm.
 */
const BEGUN_LATER_MS = 10 * 60_000;
/** Providers count a grace in whole seconds. */
const SECOND_MS = 1_000;

/** The first choice of this call that the pending roll was not begun with; null: there is none. */
function otherChoice(
  pending: Operation,
  asked: RollPlan,
  { grace_ms, until, revokeFirst, inPlace, expires_at }: RollChoices,
  now: number,
): string | null {
  const { request, created_at } = pending;
  if (revokeFirst === true && !pending.revokeFirst) return 'end of the old key';
  const grace = graceOf(pending);
  const sameGrace =
    grace !== null &&
    (isNear(grace_ms, grace, SECOND_MS) || isNear(until, created_at + grace, BEGUN_LATER_MS));
  if (grace_ms !== undefined && !sameGrace) return 'end of the old key';
  const createsBoth = 'create' in request && 'create' in asked.request;
  if (inPlace === true && 'create' in request !== 'create' in asked.request) return 'way to roll';
  if (expires_at === undefined || ('roll' in request && 'roll' in asked.request)) return null;
  const same = createsBoth && isSameExpiry(expires_at, request.create.expires_at ?? null, now - created_at);
  return same ? null : 'expiry';
}

/** Milliseconds for which the old key was to work on; null: not known, as where a person ends it. */
function graceOf({ revokeFirst, retire, request }: Operation): number | null {
  if (revokeFirst) return 0;
  if (retire !== null) return retire.grace_ms;
  if ('create' in request || request.grace_seconds === undefined) return null;
  return request.grace_seconds * 1000;
}

/**
 * Whether two expiries are the same time, or the same lifetime from two calls that are `apart` milliseconds
 * from each other.
 */
function isSameExpiry(asked: string | null, pending: string | null, apart: number): boolean {
  if (asked === null || pending === null) return asked === pending;
  const [later, before] = [Date.parse(asked), Date.parse(pending)];
  return later === before || isNear(later - apart, before, BEGUN_LATER_MS);
}

function isNear(one: number | undefined, other: number, tolerance: number): boolean {
  return one !== undefined && Math.abs(one - other) <= tolerance;
}
