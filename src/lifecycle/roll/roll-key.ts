import type { Connection } from '../../connect/connection.js';
import { allKeys } from '../../domain/all-keys.js';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import { exactName, type ManagedKey, stateAt } from '../../domain/managed-key.js';
import { shownTime } from '../../domain/whole-seconds.js';
import { option, words } from '../../domain/words.js';
import { isUnfinished, type Operation } from '../../storage/ledger/operation.js';
import { continueWith } from '../create/create-key.js';
import { refuseKnownElsewhere } from '../find/one-address.js';
import { refuseNamesake } from '../find/refuse-namesake.js';
import type { ResolvedKey } from '../find/resolved-key.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import type { Means } from '../operation/means.js';
import type { Outcome } from '../operation/outcome.js';
import { isFor, refsOf, reserveEscrow, startOperation } from '../operation/start-operation.js';
import type { PlaceFlags } from '../places/delivery-plan.js';
import { checkPlaces, type PlannedPlace, placesOf } from '../places/key-places.js';
import { refuseTaken } from '../places/refuse-taken.js';
import { keepTakenIn, takenIn } from '../take-in.js';
import { requireSameSettings } from './account-settings.js';
import { refuseHeldByOther } from './held-by-other.js';
import { deliveredToLogin, type Login, loginWarnings, loginWith } from './own-login.js';
import { isRollOf, planOfPending } from './pending-roll.js';
import { planRoll, type RollChoices, type RollPlan } from './plan-roll.js';
import { refuseContradicted } from './refuse-contradicted.js';

/** A roll that was checked and may begin. */
export interface PreparedRoll {
  readonly plan: RollPlan;
  readonly managed: ManagedKey;
  readonly known: boolean;
  readonly places: readonly PlannedPlace[];
  /** The roll of this key that is pending already: it is continued. */
  readonly pending: Operation | null;
  readonly escrow: boolean;
  /** Places or machines that the roll leaves to that machine. */
  readonly skip: readonly string[];
  /** Milliseconds for which the old key shall work on, as the caller says it. */
  readonly grace?: number;
  /** Where the credential of this call is, if it is the key that is rolled. */
  readonly login: Login | null;
}

/**
 * Checks all that can be refused before anything is sent: the key's state, its rights, its name at the
 * vendor, its places. Throws `conflict` for a key that has a successor or has ended, `refused` where another
 * program has rolled it.
 */
export async function prepareRoll(
  { key: listed, managed: known, by }: ResolvedKey,
  choices: RollChoices,
  flags: PlaceFlags,
  connection: Connection,
  means: Means,
  context: LifecycleContext,
): Promise<PreparedRoll> {
  const now = context.clock.now();
  const key = await fullRecord(listed, connection);
  await refuseNamesake({ key, managed: known, by }, connection, means);
  if (known === null && by === 'id') await refuseHeldByOther(key, connection, means);
  if (known === null) await refuseKnownElsewhere(key.id, connection, means.ledger);
  const managed = known ?? takenIn(key, connection, now);
  requireSameSettings(managed, connection.target.set);
  const operations = await means.ledger.operationsOf([key.id, ...refsOf(managed)]);
  refusePendingCreate(key, managed, operations);
  if (connection.kind === 'guided') refusePendingEnd(managed, operations, now);
  const pending = operations.find((one) => isRollOf(one, managed)) ?? null;
  if (pending === null) {
    if (known !== null && connection.kind !== 'guided')
      await refuseContradicted(key, managed, connection, means);
    refuseEnded(key, managed, now);
    if (known !== null) await refuseStranger(key, managed, means);
    if (known !== null && by !== 'id') await refuseRolledElsewhere(key, managed, means);
  }
  const login = await loginWith(key, connection);
  const asked = planRoll(key, managed, { ...choices, ...givenOptions(connection, context) }, connection, now);
  const plan = pending === null ? withoutOwnEnd(asked, login) : planOfPending(pending, asked, choices, now);
  if (pending === null && 'create' in plan.request) connection.refuseInexpressible(plan.request.create);
  const all = deliveredToLogin(flags, login, managed);
  const places = await placesOf(all, { managed, name: key.name }, connection, context);
  await refuseTaken(
    places.filter(({ place }) => place.id !== login),
    managed,
    { ledger: means.ledger, replace: flags.replace === true },
    connection,
    context,
  );
  const { escrow = true, skip = [] } = flags;
  return {
    ...{ plan, managed, known: known !== null, places, pending, escrow, skip, login },
    ...compact({ grace: choices.grace_ms }),
  };
}

/**
 * A key cannot set its own end, and it must not be revoked before its successor signs in: this machine
 * revokes it with the new key. Throws `refused` for a roll that revokes it first.
 */
function withoutOwnEnd(plan: RollPlan, login: Login | null): RollPlan {
  if (login === null) return plan;
  if (plan.revokeFirst) {
    throw new KeysError('refused', `this call is authenticated by ${plan.old.id} itself`, {
      hint: words`leave out ${option('revoke-first')}: a revoked key cannot create its successor`,
    });
  }
  return plan.retire === null ? plan : { ...plan, retire: { ...plan.retire, settable: false } };
}

/** Names of the settings that this call gives, and of those that only the profile gives. */
function givenOptions(
  { target, none = [] }: Pick<Connection, 'target' | 'none'>,
  { flags }: Pick<LifecycleContext, 'flags'>,
): Pick<RollChoices, 'defaults' | 'options'> {
  const options = [...(flags.set ?? []).map((text) => text.split('=')[0] ?? ''), ...none];
  return { options, defaults: Object.keys(target.set).filter((name) => !options.includes(name)) };
}

/** Where a single key's record tells more than the list, it is read. */
async function fullRecord(key: Key, { provider: { shows }, service }: Connection): Promise<Key> {
  const listed = new Set<string>(shows.list);
  return shows.get.some((field) => !listed.has(field)) ? await service.get(key.id) : key;
}

/** Opens every place and reserves the escrow, with nothing changed yet. Returns warnings. */
export async function checkRoll(
  { plan, managed, places, pending, escrow, skip, login, grace = 0 }: PreparedRoll,
  connection: Connection,
  means: Means,
  context: LifecycleContext,
): Promise<readonly string[]> {
  const warnings = [
    ...loginWarnings(login),
    ...endsBefore(plan.old, grace, means.clock.now()),
    ...(await checkPlaces(places, context, skip)),
  ];
  await reserveEscrow(escrow, plan, connection, means);
  return pending === null
    ? [...warnings, ...leftByDropped(managed, plan.old.id, means.clock.now())]
    : warnings;
}

/** A warning for a key that ends by itself before the grace that was asked for is over. */
function endsBefore({ id, expires_at }: Key, grace: number, now: number): string[] {
  if (grace === 0 || !expires_at || Date.parse(expires_at) >= now + grace) return [];
  return [
    `the old key ${id} ends by itself at ${shownTime(Date.parse(expires_at))}, before this grace is over`,
  ];
}

/** Warnings for other versions that work: nothing revokes what a dropped roll has left. */
export function leftByDropped({ name, versions }: ManagedKey, rolled: string, now: number): string[] {
  return versions
    .filter((one) => one.id !== rolled && ['active', 'pending'].includes(stateAt(one, now)))
    .map(({ id }) => `${id} of ${name} works too, and this roll does not revoke it`);
}

/** Rolls it, or continues the roll that is pending. Errors: see `startOperation`. */
export async function rollKey(
  prepared: PreparedRoll,
  connection: Connection,
  means: Means,
): Promise<Outcome> {
  const { plan, managed, known, places, pending, escrow } = prepared;
  if (pending !== null) return await continueWith(pending, places, means);
  const { old, request, retire, inPlace, revokeFirst } = plan;
  if (!known) await keepTakenIn(managed, connection, means);
  return await startOperation(
    {
      managed,
      known: true,
      request,
      name: old.name,
      previous: old,
      retire,
      inPlace,
      revokeFirst,
      places,
      escrow,
    },
    connection,
    means,
  );
}

/** Throws `conflict` for a key whose create is pending: no place may have its secret yet. */
function refusePendingCreate(key: Key, managed: ManagedKey, operations: readonly Operation[]): void {
  const { address } = managed.account;
  const pending = operations.find(
    (one) =>
      one.kind === 'create' &&
      isUnfinished(one) &&
      (isFor(one, managed) || (one.key?.id === key.id && one.address === address)),
  );
  if (pending === undefined) return;
  throw new KeysError('conflict', `${key.name} (${key.id}) cannot be rolled: its create is pending`, {
    next: 'resume',
    details: { operation: pending.id, key_id: key.id },
  });
}

/**
 * Throws `conflict` for a key whose roll waits for a person to revoke the old key: another roll would create
 * a third key.
 */
function refusePendingEnd({ id, name }: ManagedKey, operations: readonly Operation[], now: number): void {
  const pending = operations.find(
    (one) =>
      one.kind === 'roll' &&
      one.managed === id &&
      one.step === 'retiring' &&
      one.retire?.at != null &&
      one.retire.at <= now,
  );
  if (pending === undefined) return;
  throw new KeysError(
    'conflict',
    `a roll of ${name} is pending: its new key exists, and the old key ${pending.retire?.id} is not revoked yet`,
    { next: 'resume_or_drop', details: { operation: pending.id, key_id: pending.retire?.id, name } },
  );
}

function refuseEnded(key: Key, managed: ManagedKey, now: number): void {
  if (key.status === 'paused') {
    throw new KeysError('conflict', `${key.name} (${key.id}) is paused: its successor would work at once`, {
      hint: 'unpause it first, or revoke it and create another key',
    });
  }
  const version = managed.versions.find(({ id }) => id === key.id);
  // The end of a key may have been moved since the ledger has heard of it.
  const state =
    version === undefined ? key.status : stateAt({ ...version, record: { ...version.record, ...key } }, now);
  const told =
    key.status === 'revoked' || key.status === 'expired' || key.status === 'retiring' ? key.status : state;
  if (told === undefined || told === 'active' || told === 'pending') return;
  const active = managed.versions.find((one) => one.id !== key.id && stateAt(one, now) === 'active');
  const end = version?.ends_at ?? (key.expires_at ? Date.parse(key.expires_at) : null);
  const what = told === 'expired' && end !== null ? `expired at ${shownTime(end)}` : `is ${told}`;
  throw new KeysError('conflict', `${key.name} (${key.id}) ${what}: it cannot be rolled`, {
    ...(active === undefined
      ? { next: 'create_again', details: { name: managed.name } }
      : { hint: `its successor is ${active.id}` }),
  });
}

/**
 * Throws `refused` for a version that another machine has rolled to, unless its id is given: what uses it
 * there would stop, and this ledger does not know where that is.
 */
async function refuseRolledElsewhere(
  key: Key,
  { account: { provider, address }, versions }: ManagedKey,
  { ledger }: Means,
): Promise<void> {
  const entry = await ledger.find({ provider, address }, key.id);
  if (versions.length < 2 || entry === null || entry.digests.length > 0) return;
  throw new KeysError(
    'refused',
    `${key.name} was rolled on another machine: the places of ${key.id} are not known here`,
    {
      hint: 'nothing was sent; roll it there, or use its id to roll it all the same',
      details: { key_id: key.id },
    },
  );
}

/**
 * Another ledger may have rolled the key: then an active key that this ledger does not know bears its name.
 */
async function refuseStranger(key: Key, managed: ManagedKey, { service, ledger }: Means): Promise<void> {
  const since = key.created_at ? Date.parse(key.created_at) : Number.NEGATIVE_INFINITY;
  for await (const other of allKeys(service, { name: key.name })) {
    const inUse = other.status === undefined || other.status === 'active';
    const newer = !other.created_at || Date.parse(other.created_at) > since;
    if (!inUse || !newer || other.id === key.id || exactName(other.name) !== managed.name) continue;
    if ((await ledger.managed.byVersion(managed.account, other.id)) !== null) continue;
    throw new KeysError(
      'refused',
      `${key.name} has a newer key that this ledger does not know: ${other.id}`,
      {
        hint: 'was it rolled on another machine? nothing was sent; roll it there, or revoke the key that is not wanted',
        details: { key_id: key.id, other_id: other.id },
      },
    );
  }
}
