import { KeysError } from '../../domain/errors.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import { openPlan } from '../places/delivery-plan.js';
import { machineOf } from '../places/elsewhere.js';
import type { PlannedPlace } from '../places/key-places.js';
import { readPlan } from '../places/read-plan.js';
import type { Action } from './action.js';

const DELIVERING: ReadonlySet<Action['kind']> = new Set(['create', 'roll', 'deliver']);

/**
 * Why these actions could not deliver to some of a key's places, in words; empty where they could. Each place
 * is asked without changing anything there, and only where there is something to deliver. A keychain asks its
 * user, so it is not asked.
 */
export async function placeProblems(
  actions: readonly Pick<Action, 'kind'>[],
  places: readonly PlannedPlace[] | 'unknown',
  context: LifecycleContext,
): Promise<string[]> {
  if (places === 'unknown' || !actions.some(({ kind }) => DELIVERING.has(kind))) return [];
  const problems = await Promise.all(places.map(({ place }) => problemOf(place, context)));
  return problems.filter((problem) => problem !== null);
}

async function problemOf(place: PlannedPlace['place'], context: LifecycleContext): Promise<string | null> {
  const plan = readPlan(place);
  if (!('address' in plan) || ['keychain', 'profile'].includes(plan.kind) || machineOf(place) !== null)
    return null;
  try {
    await (await openPlan(plan, null, context)).probe();
    return null;
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    const { message, hint } = error;
    return `${place.label} cannot get a secret now: ${message}${hint === undefined ? '' : ` (${hint})`}`;
  }
}
