import { KeysError } from '../../domain/errors.js';
import type { KeptPlace } from '../../domain/managed-key.js';

type AnyPlace = Pick<KeptPlace, 'id' | 'label' | 'spec'>;

/**
 * User and machine of a place that only they can deliver to, such as `anna@laptop`; null for a place that can
 * be reached here.
 */
export function machineOf({ spec }: Pick<KeptPlace, 'spec'>): string | null {
  const { on } = spec;
  return typeof on === 'string' ? on : null;
}

/**
 * Throws `refused` for places on other machines that `skip` does not name by place or by machine, and `usage`
 * for a name in `skip` that fits none. A place that is skipped stays pending: its machine delivers there with
 * `keys resume`.
 */
export function refuseElsewhere(places: readonly AnyPlace[], skip: readonly string[] = []): void {
  refuseUnknownSkip(places, skip);
  const open = places.find((place) => machineOf(place) !== null && skippedBy(place, skip).length === 0);
  if (open === undefined) return;
  throw new KeysError('refused', `only ${machineOf(open)} can deliver to ${open.label}`, {
    next: 'skip_place',
    details: { place: open.id, on: machineOf(open) },
  });
}

/** Throws `usage` for a name in `skip` that fits no place on another machine. */
export function refuseUnknownSkip(places: readonly AnyPlace[], skip: readonly string[]): void {
  const known = skippedIn(places, skip);
  const unknown = skip.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new KeysError('usage', `no place on another machine is named ${unknown}`, {
    hint: 'name the whole place, or its user and machine; nothing was changed',
  });
}

/** The names in `skip` that fit one of these places. */
export function skippedIn(places: readonly AnyPlace[], skip: readonly string[]): string[] {
  return places.flatMap((place) => skippedBy(place, skip));
}

function skippedBy(place: AnyPlace, skip: readonly string[]): string[] {
  const machine = machineOf(place);
  return machine === null ? [] : skip.filter((name) => [place.id, place.label, machine].includes(name));
}
