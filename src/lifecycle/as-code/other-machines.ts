import { relative, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { KeptPlace } from '../../domain/managed-key.js';
import { option, words } from '../../domain/words.js';
import type { Place } from '../../places/place.js';
import { LOCAL_KINDS } from '../../storage/ledger/local-to-machine.js';
import { machineOf, skippedIn } from '../places/elsewhere.js';
import type { PlannedPlace } from '../places/key-places.js';
import { readPlan } from '../places/read-plan.js';
import type { Action } from './action.js';
import { action, DO_NOTHING, type KeyFacts } from './planned-key.js';

type AnyPlace = Pick<KeptPlace, 'id' | 'label' | 'spec'>;

/**
 * The places of an entry that this machine delivers to. Left out is one that the key has on another machine:
 * the same words of the file, such as `web.env#WEB`, mean a file there. `kept`: where the ledger says that
 * the key is, or will be. `folder`: the folder of the file.
 */
export function placesHere(
  places: readonly PlannedPlace[] | 'unknown',
  kept: readonly AnyPlace[],
  folder: string,
): readonly PlannedPlace[] | 'unknown' {
  if (places === 'unknown') return places;
  const theirs = kept.filter((place) => machineOf(place) !== null);
  return places.filter(({ place }) => {
    if (!LOCAL_KINDS.has(place.spec['kind']) || kept.some(({ id }) => id === place.id)) return true;
    const same = theirs.findIndex((one) => isSame(one, place, folder));
    // Two places of the file are two places of the key.
    if (same >= 0) theirs.splice(same, 1);
    return same < 0;
  });
}

/** Whether a place on another machine is what the file there says with the same words. */
function isSame(theirs: AnyPlace, own: AnyPlace, folder: string): boolean {
  const [there, here] = [readPlan(theirs), readPlan(own)];
  if (!('address' in there) || !('address' in here) || there.kind !== here.kind) return false;
  if (!isDeepStrictEqual(there.names, here.names)) return false;
  if (here.kind === 'file') return endsAlike(there.target, here.target, folder);
  // The keychain of each user has items of its own, and a command runs in the folder of the file.
  const { item: _, storage: __, directory: ___, ...target } = here.target;
  return Object.entries(target).every(([name, value]) => there.target[name] === value);
}

/** Whether both paths are the same within the folders of their files, which may stand anywhere. */
function endsAlike(there: Place['target'], here: Place['target'], folder: string): boolean {
  const { path = '' } = here;
  const within = relative(folder, path)
    .split(sep)
    .filter((part) => part !== '..')
    .join('/');
  const other = (there['path'] ?? '').replaceAll('\\', '/');
  return other === path || other.endsWith(`/${within}`);
}

/** Places of the key on other machines that the caller does not skip. */
function openElsewhere({ managed, skip }: KeyFacts): AnyPlace[] {
  return (managed?.places ?? []).filter(
    (place) => machineOf(place) !== null && skippedIn([place], skip).length === 0,
  );
}

/**
 * What the plan has in place of a roll that only other machines can deliver; null: this one can. It is no
 * work of this machine, unless the key has places of this machine too: then somebody must skip the other.
 */
export function rollElsewhere(facts: KeyFacts, id: string, why: string): Action | null {
  const open = openElsewhere(facts);
  if (open.length === 0) return null;
  const machines = machinesOf(open).join(' and ');
  const labels = open.map(({ label }) => label).join(', ');
  const only = `${why}; only ${machines} can deliver to ${labels}`;
  const isHereToo =
    facts.places !== 'unknown' && facts.places.some(({ place }) => LOCAL_KINDS.has(place.spec['kind']));
  if (!isHereToo) {
    return { ...action('roll', id, `${only}: run apply there`, [id], DO_NOTHING), on: machines };
  }
  const flags = machinesOf(open).map((machine) => words`${option('skip', machine)}`);
  const way = `apply ${flags.join(' ')} rolls it, and resume there delivers`;
  return action('by_hand', id, `${only}, and the key has a place here too: ${way}`, [id], DO_NOTHING);
}

/** The machines that an operation waits for; null: this one can go on with it. */
export function waitsElsewhere({ key, deliveries }: KeyFacts['operations'][number]): string | null {
  const waits = deliveries.filter(({ delivered }) => !delivered).map(({ place }) => place);
  if (key === null || waits.length === 0 || waits.some((place) => machineOf(place) === null)) return null;
  return machinesOf(waits).join(' and ');
}

function machinesOf(places: readonly AnyPlace[]): string[] {
  return [...new Set(places.map(machineOf).filter((machine) => machine !== null))];
}
