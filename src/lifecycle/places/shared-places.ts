import { KeysError } from '../../domain/errors.js';
import type { ManagedKey } from '../../domain/managed-key.js';
import type { Delivery } from '../../storage/ledger/operation.js';
import type { PlannedPlace } from './key-places.js';
import { readPlan } from './read-plan.js';

/**
 * Whether this is also a place of another key than `id`: a variable has room for one. A command or the
 * keychain takes any number.
 */
export function shares(key: ManagedKey, place: Delivery['place'], id: string): boolean {
  if (key.id === id || !key.places.some((kept) => kept.id === place.id)) return false;
  const plan = readPlan(place);
  return 'address' in plan && plan.names.length > 0;
}

/** Throws `usage` where two keys of one command would share a variable, so that one secret would be lost. */
export function refuseShared(
  orders: ReadonlyArray<{ readonly name: string; readonly places: readonly PlannedPlace[] }>,
): void {
  const takenBy = new Map<string, string>();
  for (const { name, places } of orders) {
    for (const { place } of places) {
      const plan = readPlan(place);
      // A command or the keychain takes any number of secrets.
      if (!('address' in plan) || plan.names.length === 0) continue;
      const other = takenBy.get(place.id);
      if (other !== undefined) {
        throw new KeysError('usage', `${other} and ${name} would share a place: ${place.label}`, {
          hint: 'give each key a variable of its own, one command a key; nothing was changed',
        });
      }
      takenBy.set(place.id, name);
    }
  }
}
