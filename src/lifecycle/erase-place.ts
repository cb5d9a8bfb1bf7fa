import { KeysError } from '../domain/errors.js';
import type { KeptPlace, ManagedKey } from '../domain/managed-key.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import { refuseElsewhere } from './elsewhere.js';
import { ownerOf } from './key-places.js';
import type { LifecycleContext } from './lifecycle-context.js';
import { openPlan } from './plan-places.js';
import { readPlan } from './read-plan.js';

/**
 * Removes a key's secret from one of its places. Returns what is left of it there, as warnings. Throws `unsupported` for a kind of place that cannot remove a secret, and
 * `refused` for a place that holds another secret; then nothing is changed.
 */
export async function eraseSecret(
  place: KeptPlace,
  managed: Pick<ManagedKey, 'id' | 'name'>,
  ledger: Ledger,
  context: LifecycleContext,
): Promise<readonly string[]> {
  refuseElsewhere([place]);
  const opened = await openPlan(readPlan(place), null, context);
  if (opened.erase === undefined) {
    throw new KeysError('unsupported', `keys cannot remove a secret from ${place.label}`, {
      hint: 'remove it there, then leave out --erase; nothing was changed',
    });
  }
  for (const value of Object.values((await opened.current?.()) ?? {})) {
    const owner = await ownerOf(value, ledger);
    if (owner?.id === managed.id) continue;
    const what = owner === null ? 'a value that keys did not write' : `the secret of ${owner.name}`;
    throw new KeysError('refused', `${place.label} holds ${what}`, {
      hint: `without --erase, ${managed.name} only forgets the place; nothing was changed`,
    });
  }
  return await opened.erase();
}
