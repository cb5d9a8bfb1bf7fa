import type { Connection } from '../../connect/connection.js';
import type { Key } from '../../domain/key.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import { openPlan } from '../places/delivery-plan.js';
import { machineOf } from '../places/elsewhere.js';
import type { PlannedPlace } from '../places/key-places.js';
import { readPlan } from '../places/read-plan.js';

/** Returns the keys with the newest first. Those without a time of creation keep their order, at the end. */
export function newestFirst(keys: readonly Key[]): readonly Key[] {
  const madeAt = ({ created_at }: Key) => (created_at ? Date.parse(created_at) : 0);
  return keys.toSorted((one, other) => madeAt(other) - madeAt(one));
}

/**
 * Returns keys of one name with the one first that is probably in use: whose secret is at one of these
 * places, as far as they can be read and a secret says whose it is, else the newest. Sends nothing.
 */
export async function likelyFirst(
  keys: readonly Key[],
  places: readonly PlannedPlace[] | 'unknown',
  connection: Pick<Connection, 'idsInSecret'>,
  context: LifecycleContext,
): Promise<readonly Key[]> {
  if (keys.length < 2) return keys;
  const held: string[] = [];
  for (const { place } of places === 'unknown' ? [] : places) held.push(...(await valuesAt(place, context)));
  const ids = new Set<string>();
  for (const secret of held) for (const id of await connection.idsInSecret({ secret })) ids.add(id);
  const isHeld = ({ id, prefix, hint }: Key) =>
    ids.has(id) ||
    (Boolean(hint) && held.some((value) => value.startsWith(prefix ?? '') && value.endsWith(hint ?? '')));
  const sorted = newestFirst(keys);
  return [...sorted.filter(isHeld), ...sorted.filter((key) => !isHeld(key))];
}

/** The values at a place that can be read; a keychain is not opened, because it asks its user. */
async function valuesAt(place: PlannedPlace['place'], context: LifecycleContext): Promise<readonly string[]> {
  const plan = readPlan(place);
  if (!('address' in plan) || plan.kind === 'keychain' || machineOf(place) !== null) return [];
  try {
    return Object.values((await (await openPlan(plan, null, context)).current?.()) ?? {});
  } catch {
    // A place that cannot be read does not say which key is in use.
    return [];
  }
}
