import type { ManagedKey } from '../../domain/managed-key.js';
import type { Place } from '../../places/place.js';
import { withNames } from '../../places/registry.js';
import { freeVariableName, variablesFor } from '../../places/variable-name.js';
import type { AccountConnection } from '../account-connection.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import { openPlan } from './delivery-plan.js';
import { readPlan } from './read-plan.js';

/** Most variables that are tried. The last one is offered, free or not: a delivery there is checked again. */
const MOST = 100;

/**
 * The address of a place beside this one whose variable no key has, for the key of this name. `keys`: all
 * that the ledger knows.
 */
export async function freeAddress(
  place: Place,
  name: string,
  { provider }: Pick<AccountConnection, 'provider'>,
  keys: readonly ManagedKey[],
  context: LifecycleContext,
): Promise<string> {
  const variables = variablesFor(provider);
  const taken = new Set(place.names);
  for (;;) {
    const variable = freeVariableName(name, taken, variables);
    const free = await withNames({ ...place, names: [variable] }, variables);
    if (taken.size === MOST || !(await isTaken(free, keys, context))) return free.address;
    taken.add(variable);
  }
}

async function isTaken(
  place: Place,
  keys: readonly ManagedKey[],
  context: LifecycleContext,
): Promise<boolean> {
  const remembered = keys.some(({ places }) =>
    places.some((kept) => {
      const plan = readPlan(kept);
      return 'address' in plan && plan.address === place.address;
    }),
  );
  // Any other kind would start a program or send a request for a hint.
  if (remembered || place.kind !== 'file') return remembered;
  const values = (await (await openPlan(place, null, context)).current?.()) ?? {};
  return Object.keys(values).length > 0;
}
