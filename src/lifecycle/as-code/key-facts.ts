import type { Connection } from '../../connect/connection.js';
import { credentialDigests } from '../../domain/credential-digests.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import { currentVersion, exactName, type KeyVersion, type ManagedKey } from '../../domain/managed-key.js';
import type { Operation } from '../../storage/ledger/operation.js';
import { managedNamed } from '../find/stored-name.js';
import { leftKeys } from '../ledger/left-keys.js';
import { openPlan } from '../places/delivery-plan.js';
import { machineOf } from '../places/elsewhere.js';
import { type PlannedPlace, placesOf, withWhose } from '../places/key-places.js';
import { readBackVersion } from '../places/read-back.js';
import { readPlan } from '../places/read-plan.js';
import { isOfAccount, type OpenAccount } from './account.js';
import type { FileKey } from './keys-file.js';
import { likelyFirst } from './likely-first.js';
import { placesHere } from './other-machines.js';
import type { KeyFacts } from './planned-key.js';

/** What is read once for all keys of an account. */
export interface AccountFacts {
  /** Active and retiring keys, as the vendor lists them. */
  readonly listed: readonly Key[];
}

/** When the keys are looked at, and what the caller says of every key. */
export interface At {
  readonly now: number;
  readonly every_ms: number;
  readonly skip: readonly string[];
}

/** Reads what is known of a key of the file. */
export async function keyFacts(
  entry: FileKey,
  opened: OpenAccount,
  { listed }: AccountFacts,
  { now, every_ms, skip }: At,
): Promise<KeyFacts> {
  const { connection, means, account } = opened;
  const managed = await managedOf(entry, opened);
  const refs = managed === null ? [entry.name] : [managed.id, entry.name];
  const operations = (await means.ledger.operationsOf(refs)).filter((one) =>
    isOf(one, entry, managed, opened),
  );
  const kept = [
    ...(managed?.places ?? []),
    ...operations.flatMap(({ deliveries }) => deliveries.map(({ place }) => place)),
  ];
  const named = await plannedPlaces(entry, managed, opened);
  const located = named === 'unknown' ? named : withWhose(named, kept);
  const places = placesHere(located, kept, opened.context.process.directory);
  const version = managed === null ? null : currentVersion(managed);
  const known =
    version === null
      ? null
      : await means.ledger.find({ provider: account.provider, address: account.address }, version.id);
  const digests = known?.digests ?? [];
  const standing =
    managed === null || version === null || digests.length === 0
      ? { changed: [], emptied: [] }
      : await standingOf(managed, version, digests, opened);
  const strange = await strangersOf(entry, listed, opened);
  const strangers = await likelyFirst(strange, places, connection, opened.context);
  const toAdopt = managed === null && entry.adopt !== null ? [entry.adopt] : [];
  const unknown = [...strangers.map(({ id }) => id), ...toAdopt];
  return {
    ...{ entry, managed, operations, listed, places, now, skip },
    record: version === null ? null : await recordOf(version, listed, opened),
    strangers,
    left: await leftKeys(unknown, account, means.ledger, opened.context),
    secretKnown: digests.length > 0,
    inHand: await isInHand(managed, places, standing.emptied, opened),
    changedPlaces: standing.changed,
    emptiedPlaces: standing.emptied,
    provider: connection.provider,
    byHand: connection.kind === 'guided',
    nextRun: now + every_ms,
  };
}

/**
 * The managed key of an entry: of its name, else of the name or the id that it had before. Null: there is
 * none.
 */
async function managedOf(
  { name, renamedFrom, adopt }: FileKey,
  { connection: { provider }, means: { ledger }, account }: OpenAccount,
): Promise<ManagedKey | null> {
  const at = { account, ledger, provider };
  const named = await managedNamed(name, at);
  if (named !== null) return named;
  const before = renamedFrom === null ? null : await managedNamed(renamedFrom, at);
  if (before !== null) return before;
  return adopt === null ? null : await ledger.managed.byVersion(account, adopt);
}

function isOf(
  operation: Operation,
  entry: FileKey,
  known: Pick<ManagedKey, 'id'> | null,
  { account }: OpenAccount,
): boolean {
  const { managed, kind, name } = operation;
  if (known !== null && managed === known.id) return true;
  return kind === 'create' && isOfAccount(operation, account) && exactName(name) === entry.name;
}

/** The places of an entry as the ledger has them. */
export async function plannedPlaces(
  { places, name }: FileKey,
  known: Pick<ManagedKey, 'id'> | null,
  {
    connection,
    context,
  }: Pick<OpenAccount, 'context'> & {
    readonly connection: Pick<Connection, 'kind' | 'provider'>;
  },
): Promise<readonly PlannedPlace[] | 'unknown'> {
  if (places === 'unknown') return places;
  // Without a place, stdout would be one.
  if (places.length === 0) return [];
  const commands = new Map(
    places.flatMap(({ text, command }) => (command === null ? [] : [[text, command]])),
  );
  // The variable that a place gets without a name must not depend on what the ledger remembers.
  const managed = { id: known?.id ?? 'none', places: [], variable: null };
  return await placesOf(
    { to: places.map(({ text }) => text), commands },
    { managed, name },
    connection,
    context,
  );
}

/** Active keys with the name of the entry that the ledger does not know. */
async function strangersOf(
  { name, adopt }: FileKey,
  listed: readonly Key[],
  { connection: { provider }, means: { ledger }, account }: OpenAccount,
): Promise<Key[]> {
  if (provider.names.rule === 'none') return [];
  const stored = provider.names.stored?.(name);
  const named = listed.filter(
    (key) =>
      (key.status === undefined || key.status === 'active') &&
      key.id !== adopt &&
      (exactName(key.name) === name || key.name === stored),
  );
  const known = await Promise.all(
    named.map(({ id }) => ledger.find({ provider: account.provider, address: account.address }, id)),
  );
  return named.filter((_, i) => known[i] === null);
}

/** The version as the vendor returns it now; null if it is gone. */
async function recordOf(
  { id }: KeyVersion,
  listed: readonly Key[],
  { connection: { service, provider } }: OpenAccount,
): Promise<Key | null> {
  const found = listed.find((key) => key.id === id);
  const whole = provider.shows.get.every((field) => provider.shows.list.includes(field));
  if (found !== undefined && whole) return found;
  try {
    return await service.get(id);
  } catch (error) {
    // A key that was just created may be missing in a list that settles slowly, so its absence there proves
    // nothing.
    if (error instanceof KeysError && error.code === 'not_found') return null;
    throw error;
  }
}

/** Places that hold something else than the secret that was delivered there, and places that hold nothing. */
async function standingOf(
  managed: ManagedKey,
  { id, generation }: KeyVersion,
  digests: readonly string[],
  { context }: OpenAccount,
): Promise<{ readonly changed: readonly string[]; readonly emptied: readonly string[] }> {
  const changed: string[] = [];
  const emptied: string[] = [];
  for (const place of managed.places) {
    const { delivered } = place;
    const plan = readPlan(place);
    if (delivered?.id !== id || delivered.generation !== generation || !('address' in plan)) continue;
    if (machineOf(place) !== null) continue;
    // A keychain asks its user, so it is opened only for a delivery.
    if (plan.kind === 'keychain') continue;
    const opened = await openPlan(plan, null, context);
    const values = await opened.current?.().catch(() => undefined);
    if (values === undefined) continue;
    const held = Object.values(values);
    if (held.length === 0) emptied.push(place.id);
    else if (!held.some((value) => isOneOf(value, digests))) changed.push(place.id);
  }
  return { changed, emptied };
}

function isOneOf(value: string, digests: readonly string[]): boolean {
  return credentialDigests({ secret: value }).some((digest) => digests.includes(digest));
}

/** Whether the secret can be read back, where a place waits for it. */
async function isInHand(
  managed: ManagedKey | null,
  places: readonly PlannedPlace[] | 'unknown',
  emptied: readonly string[],
  { means }: OpenAccount,
): Promise<boolean> {
  if (managed === null || places === 'unknown') return false;
  const active = currentVersion(managed);
  const waits = places.some(({ place }) => {
    const kept = managed.places.find(({ id }) => id === place.id);
    return kept?.delivered?.id !== active?.id || emptied.includes(place.id);
  });
  return waits && active !== null && (await readBackVersion(managed, active.id, means)) !== null;
}
