import { KeysError } from '../../domain/errors.js';
import { type ManagedKey, workingVersion } from '../../domain/managed-key.js';
import { isUnfinished } from '../../storage/ledger/operation.js';
import { changeManaged } from '../change-managed.js';
import { hasPlaces, resumeWith } from '../create/create-key.js';
import type { Means } from '../operation/means.js';
import { requireFinished } from '../operation/start-operation.js';
import { type PlannedPlace, placeAt } from './key-places.js';
import { readBackVersion } from './read-back.js';
import { takeOverPlace } from './take-over-place.js';

/**
 * Delivers to these places: the secret that is pending, else that of the active version. Where another
 * program finishes the pending operation first, its key is the active version by then. Throws `conflict` for
 * an operation that was closed, and what `requireFinished` and `deliverActive` throw.
 */
export async function deliverKey(
  managed: ManagedKey,
  places: readonly PlannedPlace[],
  means: Means,
): Promise<void> {
  const pending = (await means.ledger.operationsOf([managed.id])).find(
    (operation) => operation.managed === managed.id && isUnfinished(operation),
  );
  const outcome = pending === undefined ? null : await resumeWith(pending, places, means);
  if (outcome === null) return await deliverActive(managed, places, means);
  if (outcome.dropped !== null) {
    throw new KeysError('conflict', `nothing was delivered of ${managed.name}: ${outcome.dropped}`, {
      next: 'show_key',
    });
  }
  if (!hasPlaces(outcome.operation, places)) return await deliverActive(managed, places, means);
  requireFinished(outcome);
}

/**
 * Delivers the secret of the active version to further places, from a place that can be read back. Each is
 * remembered before it has the secret, so that no later roll leaves it out. Throws `refused` where no place
 * can: then a roll delivers a new one.
 */
export async function deliverActive(
  { id, name }: ManagedKey,
  places: readonly PlannedPlace[],
  means: Means,
): Promise<void> {
  await changeManaged(id, means, async (managed, save) => {
    const version = workingVersion(managed, means.clock.now());
    const credential = version === null ? null : await readBackVersion(managed, version.id, means);
    if (version === null) {
      throw new KeysError('refused', `${name} was revoked or has expired: there is no secret to deliver`, {
        hint: 'create another key for these places; nothing was changed',
      });
    }
    if (credential === null) {
      throw new KeysError('refused', `the secret of ${name} cannot be read back from any of its places`, {
        next: 'add_place',
        details: { name },
      });
    }
    let kept = managed.places;
    for (const { place, remembered } of places) {
      const created = { key: version.record, credential };
      const open = await means.open(place, { created, previous: null, name: managed.name });
      if (open === null)
        throw new KeysError('refused', `cannot deliver to ${place.label}: this call does not print secrets`);
      const others = kept.filter((one) => one.id !== place.id);
      const known = kept.find((one) => one.id === place.id);
      if (remembered && known === undefined) await save({ places: [...kept, { ...place, delivered: null }] });
      const whose = await open.whose?.();
      await open.deliver(credential);
      if (!remembered) continue;
      const delivered = { id: version.id, generation: version.generation, at: means.clock.now() };
      kept = [...others, { ...placeAt(place, whose), delivered }];
      await save({ places: kept });
      await takeOverPlace(place, id, means);
    }
  });
}

/** The key with these places remembered; the next roll delivers to them. */
export async function addPlaces(
  { id }: ManagedKey,
  places: readonly PlannedPlace[],
  means: Means,
): Promise<void> {
  await changeManaged(id, means, async (managed, save) => {
    const asked = places.filter(({ remembered }) => remembered).map(({ place }) => place);
    const added = asked.filter((place) => !managed.places.some((one) => one.id === place.id));
    await save({ places: [...managed.places, ...added.map((place) => ({ ...place, delivered: null }))] });
    // Two programs that took a place over at once have left it to both keys.
    for (const place of asked) await takeOverPlace(place, id, means);
  });
}
