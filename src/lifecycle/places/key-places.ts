import { compact } from '../../domain/compact.js';
import { credentialDigests } from '../../domain/credential-digests.js';
import { KeysError } from '../../domain/errors.js';
import type { Credential } from '../../domain/key.js';
import { currentVersion, type KeptPlace, type ManagedKey } from '../../domain/managed-key.js';
import { clauses, option, words } from '../../domain/words.js';
import type { Place, Whose } from '../../places/place.js';
import { placeKind } from '../../places/registry.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import { type Delivery, isUnfinished, type Operation } from '../../storage/ledger/operation.js';
import type { AccountConnection } from '../account-connection.js';
import { refuseForeignLedger } from '../ledger/refuse-foreign-ledger.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import type { DeliveryPlace, ShownKey } from '../operation/means.js';
import {
  type DeliveryPlan,
  labelOf,
  openPlan,
  type PlaceFlags,
  placeKeyOf,
  planPlaces,
} from './delivery-plan.js';
import { machineOf, refuseElsewhere } from './elsewhere.js';
import { freeAddress } from './free-address.js';
import { readPlan } from './read-plan.js';

/** A place that an operation delivers to. */
export type PlannedPlace = Pick<Delivery, 'place' | 'remembered'>;

/** What may be overwritten at a place. */
interface PlaceRules {
  readonly ledger: Ledger;
  readonly replace: boolean;
  readonly own?: readonly string[];
}

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
    if (machineOf(place) !== null) continue;
    if (place.spec['kind'] === 'exec') refuseForeignLedger(await context.ledger(), context.process.platform);
    const opened = await openPlan(readPlan(place), null, context);
    warnings.push(...(await (opened.reserve ?? opened.probe)()));
  }
  return warnings;
}

/** A place as an operation delivers to it. Nothing of a place on another machine can be read or written. */
export async function openKeyPlace(
  place: Delivery['place'],
  shown: ShownKey,
  connection: Pick<AccountConnection, 'provider'>,
  context: LifecycleContext,
): Promise<DeliveryPlace> {
  const plan = readPlan(place);
  const elsewhere = machineOf(place);
  if (elsewhere !== null) {
    const deliver = async () => {
      throw new KeysError('pending', `only ${elsewhere} can deliver there`);
    };
    return { label: place.label, deliver };
  }
  const opened = await openPlan(plan, shown, context);
  const { id } = shown.created.key;
  const whose = 'address' in plan && plan.whose === undefined ? opened.whose : undefined;
  return {
    label: place.label,
    ...(whose === undefined ? {} : { whose: () => whose.read() }),
    deliver: async (credential) => await opened.deliver(credential, placeKeyOf(shown.name, id, connection)),
    holds: () => heldAt(plan, context),
  };
}

/** The secret that can be read back from a place; null where there is none or it cannot. */
async function heldAt(plan: DeliveryPlan, context: LifecycleContext): Promise<Credential | null> {
  if (!('address' in plan)) return null;
  if (plan.kind === 'keychain') {
    const { item = '', storage } = plan.target;
    const { openSavedSecrets } = await import('../../storage/ledger/saved-secrets.js');
    return await (await openSavedSecrets(context, { insecureStorage: storage === 'file' })).read(item);
  }
  const values = (await (await openPlan(plan, null, context)).current?.()) ?? {};
  const [first, second] = plan.names.map((name) => values[name]);
  if (first === undefined) return null;
  if (plan.names.length < 2) return { secret: first };
  return second === undefined ? null : { api_key: first, secret_key: second };
}

/** Throws `usage` where two keys of one command would share a variable, so that one secret would be lost. */
export function refuseShared(
  orders: ReadonlyArray<{ readonly name: string; readonly places: readonly PlannedPlace[] }>,
): void {
  const takenBy = new Map<string, string>();
  for (const { name, places } of orders) {
    for (const { place } of places) {
      const plan = readPlan(place);
      // A command or the keychain takes any number of secrets.
      if (!('address' in plan) || plan.names.length === 0) continue;
      const other = takenBy.get(place.id);
      if (other !== undefined) {
        throw new KeysError('usage', `${other} and ${name} would share a place: ${place.label}`, {
          hint: 'give each key a variable of its own, one command a key; nothing was changed',
        });
      }
      takenBy.set(place.id, name);
    }
  }
}

/** The keychain, with the secret under this item. `storage`: `file` for the 0600 file. */
export function savedKeysPlace(item: string, storage?: 'file'): Delivery['place'] {
  const spec = { kind: 'keychain', target: compact({ item, storage }), names: [], address: 'keychain' };
  return { id: 'keychain', label: 'saved keys', spec };
}

/** The keychain's item at a place of the keychain. */
export function itemOf(place: Delivery['place']): string {
  const plan = readPlan(place);
  const item = 'address' in plan ? plan.target['item'] : undefined;
  if (item !== undefined) return item;
  throw new TypeError('a place of the keychain has an item');
}

/** The variable of a file is also that of `keys run` and `keys env`. Null: no file is among the places. */
export function variableIn(places: readonly PlannedPlace[]): string | null {
  for (const { place } of places) {
    const plan = readPlan(place);
    if (plan.kind === 'file') return plan.names.join(',');
  }
  return null;
}

/** The managed key that has this secret; null for a value that is no secret of one. */
export async function ownerOf(value: string, ledger: Ledger): Promise<ManagedKey | null> {
  const known = await ledger.byDigest(credentialDigests({ secret: value })[0] ?? '');
  if (known === null) return null;
  return await ledger.managed.byVersion({ provider: known.provider, address: known.address }, known.key.id);
}

/**
 * Whether this is also a place of another key than `id`: a variable has room for one. A command or the
 * keychain takes any number.
 */
export function shares(key: ManagedKey, place: Delivery['place'], id: string): boolean {
  if (key.id === id || !key.places.some((kept) => kept.id === place.id)) return false;
  const plan = readPlan(place);
  return 'address' in plan && plan.names.length > 0;
}

function takenError(label: string, what: string, free: string): KeysError {
  return new KeysError('refused', `${label} ${what}`, {
    hint: clauses(
      words`${option('to', `'${free}'`)} is a place of its own, and ${option('replace')} takes this one over`,
      'nothing was changed',
    ),
    details: { free },
  });
}

/** The create or roll of another key than `id` that has still to deliver to this place. */
async function promisedTo(
  place: Delivery['place'],
  id: string,
  ledger: Pick<Ledger, 'operationsTo'>,
): Promise<Operation | undefined> {
  const plan = readPlan(place);
  if (!('address' in plan) || plan.names.length === 0) return undefined;
  return (await ledger.operationsTo(place)).find(
    (operation) =>
      operation.managed !== id &&
      isUnfinished(operation) &&
      !operation.aborted &&
      operation.deliveries.some(
        (one) => !one.delivered && one.place.id === place.id && machineOf(one.place) === null,
      ),
  );
}

/** The error for a place of the key itself where somebody has put another value. */
function changedError(label: string): KeysError {
  return new KeysError('refused', `${label} holds ${NOT_OURS}`, {
    hint: clauses(
      'it had the secret of this key before',
      words`${option('replace')} overwrites it, and places remove leaves it there`,
      'nothing was changed',
    ),
  });
}

const NOT_OURS = 'a value that keys did not write';

/**
 * Whether none of the values at a place of a key is its secret, although the ledger knows the secret that was
 * delivered there. Of a secret that has kept the id of its key, it knows the newest alone.
 */
async function isChanged(
  values: readonly string[],
  { delivered }: KeptPlace,
  id: string,
  ledger: Ledger,
): Promise<boolean> {
  if (values.length === 0 || delivered === null) return false;
  for (const value of values.flatMap(withMembers))
    if ((await ownerOf(value, ledger))?.id === id) return false;
  const managed = await ledger.managed.byId(id);
  const version = managed?.versions.find((one) => one.id === delivered.id);
  if (managed === null || version?.generation !== delivered.generation) return false;
  return ((await ledger.find(managed.account, delivered.id))?.digests ?? []).length > 0;
}

/** A value, and the texts in it where it is JSON: a place of one value has a pair in that form. */
function withMembers(value: string): string[] {
  try {
    const parsed: unknown = JSON.parse(value);
    const members = typeof parsed === 'object' && parsed !== null ? Object.values(parsed) : [];
    return [value, ...members.filter((member) => typeof member === 'string')];
  } catch {
    return [value];
  }
}

/**
 * Throws `refused` for a place that another managed key remembers or waits for, that holds another managed
 * key's secret, or a value that this program did not write, unless `replace`; also for a place of the key
 * itself. `own`: digests of a secret that may be there already.
 */
export async function refuseTaken(
  places: readonly PlannedPlace[],
  managed: Pick<ManagedKey, 'id' | 'places' | 'name'>,
  { ledger, replace, own = [] }: PlaceRules,
  connection: Pick<AccountConnection, 'provider'>,
  context: LifecycleContext,
): Promise<void> {
  if (replace) return;
  const free = async (plan: Place) =>
    await freeAddress(plan, managed.name, connection, await ledger.managed.all(), context);
  for (const { place } of places) {
    const plan = readPlan(place);
    if (!('address' in plan) || machineOf(place) !== null) continue;
    const values = (await (await openPlan(plan, null, context)).current?.()) ?? {};
    const kept = managed.places.find(({ id, delivered }) => id === place.id && delivered !== null);
    const delivered = kept !== undefined;
    for (const value of Object.values(values)) {
      if (credentialDigests({ secret: value }).every((digest) => own.includes(digest))) continue;
      const owner = await ownerOf(value, ledger);
      if (owner?.id === managed.id || (owner === null && delivered)) continue;
      const what = owner === null ? NOT_OURS : `the secret of ${owner.name}`;
      throw takenError(place.label, `holds ${what}`, await free(plan));
    }
    if (kept !== undefined && (await isChanged(Object.values(values), kept, managed.id, ledger)))
      throw changedError(place.label);
    if (delivered) continue;
    const keys = await ledger.managed.byPlace(place);
    const other = keys.find((key) => currentVersion(key) !== null && shares(key, place, managed.id));
    const promised = await promisedTo(place, managed.id, ledger);
    if (promised !== undefined) {
      const { name, kind, id } = promised;
      throw takenError(
        place.label,
        `waits for the secret of ${name}, whose ${kind} ${id} is not finished`,
        await free(plan),
      );
    }
    if (other === undefined) continue;
    throw takenError(place.label, `is a place of ${other.name}`, await free(plan));
  }
}
