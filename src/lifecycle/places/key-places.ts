import type { ManagedKey } from '../../domain/managed-key.js';
import type { Whose } from '../../places/place.js';
import { placeKind } from '../../places/registry.js';
import type { Delivery } from '../../storage/ledger/operation.js';
import type { AccountConnection } from '../account-connection.js';
import { refuseForeignLedger } from '../ledger/refuse-foreign-ledger.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import { type DeliveryPlan, labelOf, openPlan, type PlaceFlags, planPlaces } from './delivery-plan.js';
import { machineOf, refuseElsewhere } from './elsewhere.js';
import { readPlan } from './read-plan.js';

/** A place that an operation delivers to. */
export type PlannedPlace = Pick<Delivery, 'place' | 'remembered'>;

/** Which key the places are for. */
interface Owner {
  readonly managed: Pick<ManagedKey, 'id' | 'places' | 'variable'>;
  readonly name: string;
}

/**
 * Every place of a key: those that it remembers and those that the flags add. Where there is none, the secret
 * is printed. Throws `usage` for flags that contradict each other.
 */
export async function placesOf(
  flags: PlaceFlags,
  { managed }: Owner,
  connection: Pick<AccountConnection, 'kind' | 'provider'>,
  context: LifecycleContext,
): Promise<PlannedPlace[]> {
  const item = `saved:${managed.id}`;
  const plans = await planPlaces(flags, { item, variable: managed.variable }, connection, context);
  const asked = withWhose(
    await Promise.all(plans.map((plan) => plannedPlace(plan, context))),
    managed.places,
  );
  const kept = managed.places
    .filter(({ id }) => !asked.some(({ place }) => place.id === id))
    .map(({ id, label, spec }) => ({ place: { id, label, spec }, remembered: true }));
  const printed = asked.filter(({ place }) => place.spec['form'] === 'record' && kept.length > 0);
  return [...asked.filter((place) => !printed.includes(place)), ...kept];
}

/** Places with what the ledger knows of where they are: their text does not say it. */
export function withWhose(
  places: readonly PlannedPlace[],
  kept: ReadonlyArray<Pick<Delivery['place'], 'id' | 'spec'>>,
): PlannedPlace[] {
  return places.map((one) => {
    const whose = kept.find(({ id }) => id === one.place.id)?.spec['whose'];
    if (whose === undefined) return one;
    return { ...one, place: { ...one.place, spec: { ...one.place.spec, whose } } };
  });
}

/** A place that gets a secret where it is now. */
export function placeAt<Kept extends Pick<Delivery['place'], 'spec'>>(
  place: Kept,
  whose: Whose | undefined,
): Kept {
  return whose === undefined ? place : { ...place, spec: { ...place.spec, whose } };
}

async function plannedPlace(plan: DeliveryPlan, context: LifecycleContext): Promise<PlannedPlace> {
  return {
    place: { id: placeId(plan), label: labelOf(plan), spec: { ...plan } },
    remembered: 'address' in plan && (await placeKind(plan.kind, context)).remembered,
  };
}

/** The same for the same place. A command is another one in another directory. */
function placeId(plan: DeliveryPlan): string {
  if (!('address' in plan)) return 'stdout';
  const { directory } = plan.target;
  return directory === undefined ? plan.address : `${plan.address} (${directory})`;
}

/**
 * Checks that each place can take a delivery; a place that can be tried is written to and left as it was.
 * Returns warnings. Throws `refused` for a place on another machine that `skip` does not name, and what
 * `refuseForeignLedger` and the places throw.
 */
export async function checkPlaces(
  places: readonly PlannedPlace[],
  context: LifecycleContext,
  skip?: readonly string[],
): Promise<readonly string[]> {
  refuseElsewhere(
    places.map(({ place }) => place),
    skip,
  );
  const warnings: string[] = [];
  for (const { place } of places) {
    if (machineOf(place) === null) warnings.push(...(await probePlace(place, context)));
  }
  return warnings;
}

/** The same for one place of this machine. */
export async function probePlace(
  place: Delivery['place'],
  context: LifecycleContext,
): Promise<readonly string[]> {
  if (place.spec['kind'] === 'exec') refuseForeignLedger(await context.ledger(), context.process.platform);
  const opened = await openPlan(readPlan(place), null, context);
  return await (opened.reserve ?? opened.probe)();
}

/** The variable of a file is also that of `keys run` and `keys env`. Null: no file is among the places. */
export function variableIn(places: readonly PlannedPlace[]): string | null {
  for (const { place } of places) {
    const plan = readPlan(place);
    if (plan.kind === 'file') return plan.names.join(',');
  }
  return null;
}
