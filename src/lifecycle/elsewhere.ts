import { KeysError } from '../domain/errors.js';
import type { KeptPlace } from '../domain/managed-key.js';

type AnyPlace = Pick<KeptPlace, 'id' | 'label' | 'spec'>;

/** User and machine of a place that only they can deliver to, such as `anna@laptop`; null for a place that can be reached here. */
export function machineOf({ spec }: Pick<KeptPlace, 'spec'>): string | null {
  const { on } = spec;
  return typeof on === 'string' ? on : null;
}

/**
 * Throws `refused` for places on other machines that `skip` does not name by place or by machine, and `usage` for a name in
 * `skip` that fits none. A place that is skipped stays pending: its machine delivers there with `keys resume`.
 */
export function refuseElsewhere(places: readonly AnyPlace[], skip: readonly string[] = []): void {
  const elsewhere = places.filter((place) => machineOf(place) !== null);
  const names = (place: AnyPlace) => [place.id, place.label, machineOf(place)];
  const unknown = skip.find((name) => !elsewhere.some((place) => names(place).includes(name)));
  if (unknown !== undefined) {
    throw new KeysError('usage', `no place on another machine is named ${unknown}`, {
      hint: 'name the whole place, or its user and machine; nothing was changed',
    });
  }
  const open = elsewhere.find((place) => !names(place).some((name) => name !== null && skip.includes(name)));
  if (open === undefined) return;
  throw new KeysError('refused', `only ${machineOf(open)} can deliver to ${open.label}`, {
    next: 'skip_place',
    details: { place: open.id, on: machineOf(open) },
  });
}
