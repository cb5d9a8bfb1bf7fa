import { KeysError } from '../../domain/errors.js';
import type { KeptPlace, ManagedKey } from '../../domain/managed-key.js';
import type { ParseContext } from '../../places/place.js';
import { parsePlace, withNames } from '../../places/registry.js';
import type { HeldLease } from '../../storage/ledger/managed-keys.js';
import { isUnfinished } from '../../storage/ledger/operation.js';
import { changeManaged, type Save } from '../change-managed.js';
import type { LeaseMeans } from '../operation/lease.js';
import type { Means } from '../operation/means.js';
import { readPlan } from './read-plan.js';

/**
 * A place of a key: by its address or label, or as `--to` takes it, such as a relative path. Without a
 * variable, the path alone must tell it. Throws `not_found`.
 */
export async function namedPlace(
  managed: Pick<ManagedKey, 'name' | 'places'>,
  reference: string,
  context: ParseContext,
): Promise<KeptPlace> {
  const exact = placeAt(managed, reference);
  if (exact !== null) return exact;
  const asked = await parsePlace(reference, context).catch(() => null);
  if (asked === null) throw noPlace(managed, reference);
  const named = asked.names.length === 0 ? asked : await withNames(asked, asked.names);
  const target = JSON.stringify(named.target);
  const found = managed.places.filter((place) => {
    const plan = readPlan(place);
    if (!('address' in plan) || plan.kind !== named.kind) return false;
    if (named.names.length > 0) return plan.address === named.address;
    return named.kind === 'file' && JSON.stringify(plan.target) === target;
  });
  const [only, ...others] = found;
  if (only === undefined || others.length > 0) throw noPlace(managed, reference);
  return only;
}

function placeAt({ places }: Pick<ManagedKey, 'places'>, reference: string): KeptPlace | null {
  const [place, ...others] = places.filter((one) => one.id === reference || one.label === reference);
  return place === undefined || others.length > 0 ? null : place;
}

/**
 * The key with the places, too, that only a pending operation of it waits for: they are remembered once they
 * have the secret.
 */
export async function withWaiting<Managed extends Pick<ManagedKey, 'id' | 'places'>>(
  managed: Managed,
  ledger: Pick<Means['ledger'], 'operationsOf'>,
): Promise<Managed> {
  const operations = (await ledger.operationsOf([managed.id])).filter((one) => one.managed === managed.id);
  const waiting = operations
    .flatMap(({ deliveries }) => deliveries)
    .filter(({ delivered, remembered }) => !delivered && remembered)
    .map(({ place }) => ({ ...place, delivered: null }))
    .filter(({ id }) => !managed.places.some((place) => place.id === id));
  return { ...managed, places: [...managed.places, ...waiting] };
}

/** Whether a pending operation of the key has no place left for its secret. */
export async function isWithoutPlace(
  { id }: Pick<ManagedKey, 'id'>,
  ledger: Pick<Means['ledger'], 'operationsOf'>,
): Promise<boolean> {
  const operations = await ledger.operationsOf([id]);
  return operations.some((one) => one.managed === id && isUnfinished(one) && one.deliveries.length === 0);
}

function noPlace({ name, places }: Pick<ManagedKey, 'name' | 'places'>, reference: string): KeysError {
  return new KeysError('not_found', `${name} has no place ${reference}`, {
    hint: places.length === 0 ? 'it has none' : `one of ${places.map((one) => one.id).join(', ')}`,
  });
}

/**
 * Forgets one of a key's places, after `erase` has removed the secret there. Throws `not_found`, and what
 * `erase` throws.
 */
export async function removePlace(
  { id }: ManagedKey,
  reference: string,
  means: LeaseMeans & Pick<Means, 'ledger'>,
  erase?: (place: KeptPlace) => Promise<void>,
): Promise<KeptPlace> {
  return await changeManaged(id, means, async (managed, save, lease) => {
    const all = await withWaiting(managed, means.ledger);
    const place = placeAt(all, reference);
    if (place === null) throw noPlace(all, reference);
    await erase?.(place);
    await forgetPlaces(managed, [place.id], { save, lease, ledger: means.ledger });
    return place;
  });
}

/**
 * Forgets places of a key that is under a lease, also those for which an operation waits: a delivery that is
 * still pending would bring the next secret there, and remember the place again.
 */
export async function forgetPlaces(
  { id, places }: Pick<ManagedKey, 'id' | 'places'>,
  ids: readonly string[],
  {
    save,
    lease,
    ledger,
  }: { readonly save: Save; readonly lease: HeldLease; readonly ledger: Means['ledger'] },
): Promise<void> {
  await save({ places: places.filter((place) => !ids.includes(place.id)) });
  for (const operation of await ledger.operationsOf([id])) {
    const { deliveries } = operation;
    const left = deliveries.filter(({ place, delivered }) => !ids.includes(place.id) || delivered);
    if (operation.managed === id && left.length < deliveries.length)
      await ledger.saveOperation({ ...operation, deliveries: left }, lease);
  }
}
