import { KeysError } from '../../domain/errors.js';
import { type KeptPlace, type ManagedKey, workingVersion } from '../../domain/managed-key.js';
import { clauses, instead, option, words } from '../../domain/words.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import { changeManaged } from '../change-managed.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import type { Means } from '../operation/means.js';
import { openPlan } from './delivery-plan.js';
import { refuseElsewhere } from './elsewhere.js';
import { ownerOf } from './owner-of.js';
import { readPlan } from './read-plan.js';

/**
 * Removes a key's secret from one of its places. Returns what is left of it there, as warnings. Throws
 * `unsupported` for a kind of place that cannot remove a secret, and `refused` for a place that holds another
 * secret; then nothing is changed.
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
      hint: clauses(
        words`remove it there, then ${instead(words`leave out ${option('erase')}`, 'keep the secret there')}`,
        'nothing was changed',
      ),
    });
  }
  for (const value of Object.values((await opened.current?.()) ?? {})) {
    const owner = await ownerOf(value, ledger);
    if (owner?.id === managed.id) continue;
    const what = owner === null ? 'a value that keys did not write' : `the secret of ${owner.name}`;
    throw new KeysError('refused', `${place.label} holds ${what}`, {
      hint: clauses(
        words`${instead(words`without ${option('erase')}`, 'if the secret there is kept')}, ${managed.name} only forgets the place`,
        'nothing was changed',
      ),
    });
  }
  return await opened.erase();
}

/** What became of a key's secret at one of its places. */
export interface Erased {
  readonly label: string;
  /** What is left there although the secret was removed. */
  readonly warnings: readonly string[];
  /** Why the secret is still there; null: it is removed, and the place is forgotten. */
  readonly error: KeysError | null;
}

/**
 * Removes the secret of a revoked key from each of its places, and forgets those. Where it cannot be removed,
 * the place stays with its reason. Returns null, with nothing changed, if a version of the key still works.
 */
export async function eraseEverywhere(
  id: string,
  means: Means,
  context: LifecycleContext,
): Promise<readonly Erased[] | null> {
  return await changeManaged(id, means, async (managed, save) => {
    if (workingVersion(managed, context.clock.now()) !== null) return null;
    const all: Erased[] = [];
    let { places } = managed;
    for (const place of managed.places) {
      const { label } = place;
      try {
        const warnings = await eraseSecret(place, managed, means.ledger, context);
        places = places.filter((one) => one.id !== place.id);
        await save({ places });
        all.push({ label, warnings, error: null });
      } catch (error) {
        if (!(error instanceof KeysError)) throw error;
        all.push({ label, warnings: [], error });
      }
    }
    return all;
  });
}
