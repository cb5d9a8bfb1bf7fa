import { KeysError } from '../../domain/errors.js';
import type { KeptPlace, ManagedKey } from '../../domain/managed-key.js';
import { changeManaged } from '../change-managed.js';
import { leaseMeans } from '../find/find-managed.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import type { ShownKey } from '../operation/means.js';
import { type PlannedPlace, variableIn } from '../places/key-places.js';
import { openKeyPlace } from '../places/open-key-place.js';
import { takeOverPlace } from '../places/take-over-place.js';
import { placesWith } from '../places/unknown-secrets.js';
import type { ImportOrder } from './imported-key.js';

/** Remembers the places and delivers the secret to each. Throws `delivery_failed` for those that failed. */
export async function remember(
  places: readonly PlannedPlace[],
  { id, name }: ManagedKey,
  order: ImportOrder,
  context: LifecycleContext,
): Promise<void> {
  const { key } = order;
  const failed: string[] = [];
  const means = await leaseMeans(context);
  await changeManaged(id, means, async ({ places: before, versions, variable }, save) => {
    const generation = versions.find((version) => version.id === key.id)?.generation ?? 1;
    const asked = places.filter(({ remembered }) => remembered).map(({ place }) => place);
    const isAsked = ({ id: other }: KeptPlace) => asked.some((place) => place.id === other);
    const others = await withDelivered(
      before.filter((one) => !isAsked(one)),
      { id, name, versions },
      order,
      context,
    );
    let kept: KeptPlace[] = [...others, ...asked.map((place) => ({ ...place, delivered: null }))];
    await save({ places: kept, variable: variable ?? variableIn(places) });
    for (const { place } of places) {
      try {
        // The keychain has it already.
        if (place.id !== 'keychain') await deliver(place, order, context);
      } catch (error) {
        failed.push(`${place.label}: ${error instanceof Error ? error.message : String(error)}`);
        continue;
      }
      const delivered = { id: key.id, generation, at: context.clock.now() };
      kept = kept.map((one) => (one.id === place.id ? { ...one, delivered } : one));
      await save({ places: kept });
      await takeOverPlace(place, id, { ...means, warn: (text) => context.output.warn(text) });
    }
  });
  if (failed.length === 0) return;
  throw new KeysError(
    'delivery_failed',
    `${name} is imported, but was not delivered to ${failed.join('; ')}`,
    {
      next: 'deliver_again',
      details: { name },
    },
  );
}

/** These places, those that hold the imported secret as places that have it: another ledger delivered it. */
async function withDelivered(
  places: readonly KeptPlace[],
  managed: Pick<ManagedKey, 'id' | 'name' | 'versions'>,
  { key, credential, provider }: ImportOrder,
  context: LifecycleContext,
): Promise<readonly KeptPlace[]> {
  const open = (place: KeptPlace, shown: ShownKey) => openKeyPlace(place, shown, { provider }, context);
  const having = await placesWith(credential, { ...managed, places }, open);
  const generation = managed.versions.find((version) => version.id === key.id)?.generation ?? 1;
  const delivered = { id: key.id, generation, at: context.clock.now() };
  return places.map((one) => (having.includes(one.id) ? { ...one, delivered } : one));
}

async function deliver(
  place: PlannedPlace['place'],
  { key, credential, provider }: ImportOrder,
  context: LifecycleContext,
): Promise<void> {
  const shown = { created: { key, credential }, previous: null, name: key.name };
  await (await openKeyPlace(place, shown, { provider }, context)).deliver(credential);
}
