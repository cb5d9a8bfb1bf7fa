import { isEnded } from '../../domain/ended-key.js';
import { KeysError } from '../../domain/errors.js';
import type { ManagedKey } from '../../domain/managed-key.js';
import { changeManaged } from '../change-managed.js';
import { createKey, resumeWith } from '../create/create-key.js';
import { managedNamed } from '../find/stored-name.js';
import { refuseLeft } from '../ledger/left-keys.js';
import type { Outcome } from '../operation/outcome.js';
import { deliverActive } from '../places/deliver-key.js';
import type { PlaceFlags } from '../places/delivery-plan.js';
import { skippedIn } from '../places/elsewhere.js';
import { checkPlaces, type PlannedPlace } from '../places/key-places.js';
import { refuseTaken } from '../places/refuse-taken.js';
import { forgetPlaces } from '../places/remove-place.js';
import { refuseOwn } from '../refuse-own.js';
import { revokeKey } from '../revoke-key.js';
import { prepareRolls } from '../roll/roll-groups.js';
import { rollKey } from '../roll/roll-key.js';
import { serviceTime } from '../service-time.js';
import { keepTakenIn, takenIn } from '../take-in.js';
import { updateKey } from '../update-key.js';
import type { OpenAccount } from './account.js';
import type { Doing } from './action.js';
import { plannedPlaces } from './key-facts.js';
import type { FileKey } from './keys-file.js';
import { rollChoices } from './plan-rolls.js';
import type { KeyFacts } from './planned-key.js';
import { requestOf } from './request-of.js';

/** What the caller says of every action. */
export interface ActionChoices {
  /** Deliver also to a place that holds another secret, which is lost there. */
  readonly replace: boolean;
  /** Places on other machines, or these machines: a roll leaves them to `keys resume` there. */
  readonly skip: readonly string[];
}

/**
 * Does one action of a key. Returns how its operation stands; null if the action has none. Throws what the
 * parts throw, with everything that was begun in the ledger.
 */
export async function doAction(
  doing: Doing,
  facts: KeyFacts,
  opened: OpenAccount,
  choices: ActionChoices,
): Promise<Outcome | null> {
  const { managed } = facts;
  if (doing.type === 'create') return await create(facts, opened, choices);
  if (doing.type === 'resume') return await resume(doing.operation, facts, opened);
  if (doing.type === 'adopt') return await adopt(doing.id, facts, opened);
  if (managed === null) return null;
  if (doing.type === 'roll') return await roll(doing, facts, managed, opened, choices);
  if (doing.type === 'update') await update(doing, facts, managed, opened);
  if (doing.type === 'deliver') await deliver(doing.places, managed, opened, choices);
  if (doing.type === 'forget') await forget(doing.places, managed, opened);
  if (doing.type === 'revoke') await revoke(facts, managed, opened);
  return null;
}

/** The places of the file as flags say them, by their full addresses: the same from every folder. */
function flagsOf(places: readonly PlannedPlace[], { replace }: ActionChoices): PlaceFlags {
  const all = places.map(({ place: { spec } }) => ({ to: String(spec['address']), command: spec['then'] }));
  return {
    to: all.map(({ to }) => to),
    ...(replace ? { replace: true } : {}),
    commands: new Map(all.flatMap(({ to, command }) => (typeof command === 'string' ? [[to, command]] : []))),
  };
}

function scheduleOf({ rotate_ms, grace_ms }: FileKey): ManagedKey['schedule'] {
  return { rotate_ms, grace_ms };
}

async function create(
  { entry, places }: KeyFacts,
  { connection, means, context }: OpenAccount,
  choices: ActionChoices,
): Promise<Outcome | null> {
  if (places === 'unknown') return null;
  const counted_from = serviceTime(context);
  const request = requestOf(entry, connection, counted_from);
  const order = { request, counted_from, schedule: scheduleOf(entry), flags: flagsOf(places, choices) };
  return await createKey(order, connection, means, context);
}

async function resume(id: string, { places }: KeyFacts, { means }: OpenAccount): Promise<Outcome | null> {
  const operation = await means.ledger.operation(id);
  if (operation === null) return null;
  return await resumeWith(operation, places === 'unknown' ? [] : places, means);
}

/**
 * An existing key becomes a managed one. Its places have its secret already, or get it with the next roll.
 */
async function adopt(id: string, { entry, listed, managed }: KeyFacts, opened: OpenAccount): Promise<null> {
  const { connection, means, context } = opened;
  const key = listed.find((one) => one.id === id);
  if (key === undefined) throw new KeysError('not_found', `no such key: ${id}`);
  if (managed === null) await refuseLeft([id], opened.account, means.ledger, context);
  const taken = takenIn(key, connection, context.clock.now());
  const places = await plannedPlaces(entry, managed ?? taken, opened);
  const kept = places === 'unknown' ? [] : places.map(({ place }) => ({ ...place, delivered: null }));
  const about = { name: entry.name, schedule: scheduleOf(entry), places: kept };
  // A key of this name that has ended keeps its versions.
  const versions = [...taken.versions, ...(managed?.versions ?? [])];
  await keepTakenIn({ ...taken, ...managed, ...about, versions, rights: null }, connection, means);
  return null;
}

async function roll(
  { rights }: Extract<Doing, { type: 'roll' }>,
  { entry, record, places }: KeyFacts,
  managed: ManagedKey,
  { connection, means, context }: OpenAccount,
  options: ActionChoices,
): Promise<Outcome | null> {
  if (record === null || places === 'unknown') return null;
  const choices = rollChoices(rights, entry.grace_ms, serviceTime(context));
  const found = { key: record, managed, by: 'id' as const };
  const [prepared] = await prepareRolls(
    [found],
    choices,
    // A name may be of another key's place.
    { ...flagsOf(places, options), skip: skippedIn(managed.places, options.skip) },
    { printable: false },
    connection,
    means,
    context,
  );
  if (prepared === undefined) return null;
  const outcome = await rollKey(prepared, connection, means);
  if (Object.keys(rights).length > 0 && outcome.operation.key !== null)
    await rememberRights(rights, managed, means);
  return outcome;
}

/** What the file asked for is what later plans compare with. */
async function rememberRights(
  rights: FileKey['rights'],
  { id }: ManagedKey,
  means: OpenAccount['means'],
): Promise<void> {
  await changeManaged(id, means, async (managed, save) => {
    if (managed.rights !== null) await save({ rights: { ...managed.rights, ...rights } });
  });
}

async function update(
  { changes, renamed, places, remembered }: Extract<Doing, { type: 'update' }>,
  { entry, record }: KeyFacts,
  managed: ManagedKey,
  { connection, means }: OpenAccount,
): Promise<void> {
  if (changes !== null && record !== null) {
    await updateKey({ key: record, managed }, changes, connection, means);
  }
  const named = renamed && changes?.name === undefined;
  if (!named && places.length === 0 && remembered.length === 0) return;
  await changeManaged(managed.id, means, async (current, save) => {
    const specs = new Map(places.map(({ place }) => [place.id, place.spec]));
    await save({
      ...(named ? { name: entry.name } : {}),
      places: [
        ...current.places.map((place) => ({ ...place, spec: specs.get(place.id) ?? place.spec })),
        ...remembered.map(({ place }) => ({ ...place, delivered: null })),
      ],
    });
  });
}

async function deliver(
  places: readonly PlannedPlace[],
  managed: ManagedKey,
  { connection, means, context }: OpenAccount,
  { replace }: ActionChoices,
): Promise<void> {
  const rules = { ledger: means.ledger, replace };
  await refuseTaken(places, managed, rules, connection, context);
  for (const warning of await checkPlaces(places, context)) context.output.warn(warning);
  await deliverActive(managed, places, means);
}

async function forget(ids: readonly string[], { id }: ManagedKey, { means }: OpenAccount): Promise<void> {
  await changeManaged(id, means, async (managed, save, lease) => {
    await forgetPlaces(managed, ids, { save, lease, ledger: means.ledger });
  });
}

async function revoke(
  { record }: KeyFacts,
  managed: ManagedKey,
  { connection, means, context }: OpenAccount,
): Promise<void> {
  const key = record ?? managed.versions[0]?.record;
  if (key === undefined) return;
  const working = managed.versions.filter(({ state }) => !isEnded(state));
  await refuseOwn(
    working.map(({ id }) => id),
    connection,
  );
  await revokeKey({ key, managed, by: 'name' }, {}, means, context);
}

/** The schedule of the file is that of the ledger too, so that `roll --due` and `list` know it. */
export async function rememberSchedule(
  entry: FileKey,
  { connection, means, account }: OpenAccount,
): Promise<void> {
  const { provider } = connection;
  const managed = await managedNamed(entry.name, { account, ledger: means.ledger, provider });
  const { rotate_ms, grace_ms } = entry;
  if (managed === null) return;
  if (managed.schedule.rotate_ms === rotate_ms && managed.schedule.grace_ms === grace_ms) return;
  await changeManaged(managed.id, means, async (_, save) => await save({ schedule: scheduleOf(entry) }));
}
