import type { KeyVersion, ManagedKey } from '../../domain/managed-key.js';
import { option, words } from '../../domain/words.js';
import type { PlannedPlace } from '../places/key-places.js';
import type { Action } from './action.js';
import { action, DO_NOTHING, type KeyFacts } from './planned-key.js';

export function changedCommands(managed: ManagedKey | null, places: readonly PlannedPlace[]): PlannedPlace[] {
  return places.filter(({ place }) => {
    const kept = managed?.places.find(({ id }) => id === place.id);
    return kept !== undefined && kept.spec['then'] !== place.spec['then'];
  });
}

/** Places of the file that do not have the secret of the active version. */
export function missingPlaces(
  facts: KeyFacts,
  { id, generation }: KeyVersion,
  notes: string[],
): PlannedPlace[] {
  const { places, managed, secretKnown, emptiedPlaces } = facts;
  if (places === 'unknown') return [];
  const missing: PlannedPlace[] = [];
  for (const one of places) {
    const kept = managed?.places.find((place) => place.id === one.place.id);
    const has = kept?.delivered?.id === id && kept.delivered.generation === generation;
    // We never saw the secret of a key that was taken in: its places may have it already.
    if ((kept?.delivered ?? null) === null && !secretKnown) {
      notes.push(`${one.place.label} gets its secret with the next roll`);
    } else if (!has || emptiedPlaces.includes(one.place.id)) {
      missing.push(one);
    }
  }
  return missing;
}

/**
 * Returns new places of a key whose secret is not in the ledger. They may have it already, so only the next
 * roll delivers.
 */
export function rememberedPlaces({ places, managed, secretKnown }: KeyFacts): PlannedPlace[] {
  if (places === 'unknown' || secretKnown) return [];
  return places.filter(({ place }) => managed?.places.every(({ id }) => id !== place.id));
}

/** Returns an action for each place whose value somebody changed. Only `--replace` overwrites it. */
export function driftedPlaces({ places, changedPlaces }: KeyFacts, { id }: KeyVersion): Action[] {
  if (places === 'unknown') return [];
  return places
    .filter(({ place }) => changedPlaces.includes(place.id))
    .map(({ place }) =>
      action(
        'drift',
        id,
        String(words`somebody changed the value at ${place.label}; only ${option('replace')} overwrites it`),
        [place.id],
        DO_NOTHING,
      ),
    );
}
