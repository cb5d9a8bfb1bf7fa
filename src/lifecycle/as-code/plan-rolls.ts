import { isoTime } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import { planRoll, type RollChoices } from '../roll/plan-roll.js';
import type { OpenAccount } from './account.js';
import type { Action } from './action.js';
import type { FileRights } from './keys-file.js';
import { planKey } from './plan-key.js';
import type { KeyFacts, PlannedKey } from './planned-key.js';

/**
 * The plan of a key, with each roll checked as far as that needs no request: a roll that would be refused is
 * done by hand.
 */
export function planWithRolls(facts: KeyFacts, opened: OpenAccount): PlannedKey {
  const { actions, notes } = planKey(facts);
  return {
    notes,
    actions: actions.map((one) => (one.doing.type === 'roll' ? checkedRoll(one, facts, opened) : one)),
  };
}

function checkedRoll(
  action: Action,
  { record, managed, entry, now }: KeyFacts,
  { connection }: OpenAccount,
): Action {
  if (record === null || action.doing.type !== 'roll') return action;
  const choices = rollChoices(action.doing.rights, entry.grace_ms, now);
  const options = [...Object.keys(connection.target.set), ...(connection.none ?? [])];
  try {
    const { stopsAtOnce } = planRoll(record, managed, { ...choices, options }, connection, now);
    return stopsAtOnce ? { ...action, why: `${action.why}; the old key stops at once` } : action;
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    const why = `${action.why}; but ${error.message}`;
    return { ...action, kind: 'by_hand', why, doing: { type: 'nothing' } };
  }
}

/**
 * What a roll of the file asks for. `rights`: those that the successor must have; empty: those of the old
 * key.
 */
export function rollChoices(
  { lifetime_ms, ...rights }: FileRights,
  grace_ms: number | null,
  now: number,
): RollChoices {
  return {
    ...(grace_ms === null ? {} : { grace_ms }),
    ...(Object.keys(rights).length === 0 ? {} : { rights }),
    ...(lifetime_ms === undefined
      ? {}
      : { expires_at: lifetime_ms === null ? null : isoTime(now + lifetime_ms) }),
  };
}
