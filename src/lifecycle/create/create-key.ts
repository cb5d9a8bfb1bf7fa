import type { Connection } from '../../connect/connection.js';
import { KeysError } from '../../domain/errors.js';
import type { CreateKey } from '../../domain/key-service.js';
import { exactName, type ManagedKey, type Schedule, stateAt } from '../../domain/managed-key.js';
import { withOptionsOfSet } from '../../domain/set-options.js';
import { option, type Words, words } from '../../domain/words.js';
import { newManagedId } from '../../storage/ledger/managed-keys.js';
import { isUnfinished, type Operation } from '../../storage/ledger/operation.js';
import { accountOf } from '../find/account-of.js';
import { refuseNameElsewhere } from '../find/one-address.js';
import { managedNamed, storedName } from '../find/stored-name.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import type { Means } from '../operation/means.js';
import type { Outcome } from '../operation/outcome.js';
import { outlivesItsCall, resumeOne } from '../operation/resume.js';
import { isSameRight } from '../operation/same-rights.js';
import { reserveEscrow, startOperation } from '../operation/start-operation.js';
import type { PlaceFlags } from '../places/delivery-plan.js';
import { checkPlaces, type PlannedPlace, placesOf, variableIn } from '../places/key-places.js';
import { refuseTaken } from '../places/refuse-taken.js';
import { refuseNameOfId } from '../refuse-name-of-id.js';
import { refusePendingRoll } from '../roll/refuse-pending-roll.js';
import { rightsOf } from '../roll/rights.js';

export interface CreateOrder {
  readonly request: CreateKey;
  /** See `Operation`; absent: the lifetime was counted by this machine's clock. */
  readonly counted_from?: number;
  readonly schedule: Schedule;
  readonly flags: PlaceFlags;
}

/** A create of which everything has been checked that can be checked before the first request. */
export interface PreparedCreate {
  readonly order: CreateOrder;
  readonly managed: ManagedKey;
  readonly places: readonly PlannedPlace[];
  /** The create of this name that is not finished and is continued. */
  readonly pending: Operation | undefined;
}

/**
 * Checks a create before the first request: its name, its places and escrow. Warns of what is no obstacle.
 * Throws `conflict` for a name that another active key of the account has, or a key whose roll is pending,
 * and what the checks of the places throw.
 */
export async function prepareCreate(
  asked: CreateOrder,
  connection: Connection,
  means: Means,
  context: LifecycleContext,
): Promise<PreparedCreate> {
  const { provider, target } = connection;
  // An option of --set is a right of the key. Its successor gets it too if no record shows it.
  const order = { ...asked, request: withOptionsOfSet(provider, asked.request, target.set) };
  const now = context.clock.now();
  const { name } = order.request;
  const account = accountOf(connection);
  const named = await managedNamed(name, { account, ledger: means.ledger, provider });
  const pending = await pendingCreate(name, account, means);
  if (named !== null && pending === undefined) {
    refuseSecond(named, now);
    await refusePendingRoll([], named, means, 'created again');
  }
  if (pending === undefined) await refuseNameOfId(name, named?.id ?? null, account, means);
  if (named === null && pending === undefined) await refuseNameElsewhere(name, connection, means.ledger, now);
  if (pending !== undefined) refuseOtherRights(pending, order, means);
  const draft = draftOf(order, named, pending, connection, now);
  const places = await placesOf(order.flags, { managed: draft, name }, connection, context);
  const managed = { ...draft, variable: variableIn(places) };
  await refuseTaken(
    places,
    managed,
    { ledger: means.ledger, replace: order.flags.replace === true },
    connection,
    context,
  );
  for (const warning of await checkPlaces(places, context)) context.output.warn(warning);
  if (pending === undefined) for (const warning of leftBehind(named, places)) context.output.warn(warning);
  const escrow = order.flags.escrow !== false;
  await reserveEscrow(escrow, { request: { create: order.request } }, connection, means);
  return { order, managed, places, pending };
}

/** The managed key as it will be, before its places are known. */
function draftOf(
  { request, schedule, counted_from }: CreateOrder,
  named: ManagedKey | null,
  pending: Operation | undefined,
  connection: Connection,
  now: number,
): ManagedKey {
  return {
    id: named?.id ?? pending?.managed ?? newManagedId(),
    account: accountOf(connection),
    name: named?.name ?? storedName(request.name, connection.provider),
    rights: rightsOf(request, counted_from ?? now),
    schedule,
    places: [],
    variable: null,
    versions: named?.versions ?? [],
    created_at: named?.created_at ?? now,
  };
}

/**
 * Creates a managed key with its first version. Everything that can be refused is refused before the first
 * request: see `prepareCreate`. A create of the same name that is pending is continued, not repeated.
 */
export async function createKey(
  asked: CreateOrder,
  connection: Connection,
  means: Means,
  context: LifecycleContext,
): Promise<Outcome> {
  const { order, managed, places, pending } = await prepareCreate(asked, connection, means, context);
  if (pending !== undefined) return await continueWith(pending, places, means);
  const { request, flags, counted_from } = order;
  return await startOperation(
    {
      managed,
      known: false,
      request: { create: request },
      name: request.name,
      previous: null,
      retire: null,
      counted_from,
      inPlace: false,
      revokeFirst: false,
      places,
      escrow: flags.escrow !== false,
    },
    connection,
    means,
  );
}

/**
 * A key whose versions have all ended leaves its name free, and so does one whose last version ends and has
 * no successor.
 */
function refuseSecond({ name, versions }: ManagedKey, now: number): void {
  const working = versions.find(
    (version) => !['revoked', 'expired', 'retiring'].includes(stateAt(version, now)),
  );
  if (working === undefined) return;
  throw new KeysError('conflict', `a key of this account is named ${name} already: ${working.id}`, {
    hint: 'take another name',
    next: 'replace_key',
    details: { key_id: working.id, name },
  });
}

/** A warning for each place that still has the secret of an ended key and does not get the new one. */
function leftBehind(named: ManagedKey | null, places: readonly PlannedPlace[]): Words[] {
  const left = (named?.places ?? []).filter(({ id }) => !places.some(({ place }) => place.id === id));
  return left.flatMap(({ id, label, delivered }) =>
    delivered === null || id === 'keychain'
      ? []
      : [
          words`${label} still has the secret of ${delivered.id}, which has ended: ${option('to')} delivers the new key there too`,
        ],
  );
}

/** The create of this name that is not finished. */
async function pendingCreate(
  name: string,
  account: ManagedKey['account'],
  { ledger }: Pick<Means, 'ledger'>,
): Promise<Operation | undefined> {
  const operations = await ledger.operationsOf([exactName(name)]);
  return operations.find((one) => isCreateOf(one, name, account));
}

function isCreateOf(
  operation: Operation,
  name: string,
  { provider, address }: ManagedKey['account'],
): boolean {
  const { kind, target } = operation;
  const same = exactName(operation.name) === exactName(name) && operation.address === address;
  return kind === 'create' && same && (target.policy ?? target.provider) === provider;
}

/** Throws `conflict` if the pending create asks for other rights than this call. */
function refuseOtherRights(
  pending: Operation,
  { request }: CreateOrder,
  { provider }: Pick<Means, 'provider'>,
): void {
  const asked = 'create' in pending.request ? pending.request.create : null;
  // `--expires 30d` is another time in each call, and metadata gives no right.
  const usual = { type: 'secret', environment: provider.environments[0] };
  const others = { expires_at: null, metadata: null };
  const same =
    asked !== null && isSameRight({ ...usual, ...asked, ...others }, { ...usual, ...request, ...others });
  if (same) return;
  throw new KeysError('conflict', `a create of ${request.name} with other rights is pending: ${pending.id}`, {
    next: 'resume_or_drop',
    details: { operation: pending.id },
  });
}

/** Continues an operation in place of beginning another one. Throws what held it up. */
export async function continueWith(
  pending: Operation,
  places: readonly PlannedPlace[],
  means: Means,
): Promise<Outcome> {
  const outcome = await resumeWith(pending, places, means);
  if (outcome !== null && outcome.dropped === null && hasPlaces(outcome.operation, places)) return outcome;
  throw new KeysError(
    'conflict',
    `${pending.id} was closed meanwhile: ${outcome?.dropped ?? 'it is finished'}`,
    {
      hint: 'by another program, perhaps; run the command again if it is still needed',
    },
  );
}

/**
 * What became of a pending operation that got these places too; null if another program has finished it.
 * Throws what held it up.
 */
export async function resumeWith(
  pending: Operation,
  places: readonly PlannedPlace[],
  means: Means,
): Promise<Outcome | null> {
  const { outcome, error } = await resumeOne(pending, {
    ledger: means.ledger,
    connect: async () => means,
    now: () => means.clock.now(),
    change: (operation) => withPlaces(operation, places),
  });
  if (error !== null) throw error;
  return outcome;
}

/** Whether an operation delivers to all of these places. */
export function hasPlaces({ deliveries }: Operation, places: readonly PlannedPlace[]): boolean {
  return places.every(({ place }) => deliveries.some((one) => one.place.id === place.id));
}

/**
 * The operation with these places beside those that its key remembers. One whose secret is delivered already
 * stays as it is.
 */
function withPlaces(operation: Operation, places: readonly PlannedPlace[]): Operation {
  if (!isUnfinished(operation)) return operation;
  const isAsked = ({ place }: PlannedPlace) => places.some((one) => one.place.id === place.id);
  const kept = operation.deliveries.filter((one) => isAsked(one) || outlivesItsCall(one));
  const added = places.filter(({ place }) => !kept.some((one) => one.place.id === place.id));
  return {
    ...operation,
    deliveries: [...kept, ...added.map((place) => ({ ...place, delivered: false }))],
  };
}
