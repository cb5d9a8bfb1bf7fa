import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { accountText, type ManagedKey } from '../../domain/managed-key.js';
import { sha256 } from '../../domain/sha256.js';
import { shownTime } from '../../domain/whole-seconds.js';
import { type Delivery, endByRoll, isUnfinished, type Operation } from '../../storage/ledger/operation.js';
import type { AccountConnection } from '../account-connection.js';
import { createByHand } from '../create/create-by-hand.js';
import { begin } from './begin.js';
import { withLease } from './lease.js';
import type { Means } from './means.js';
import type { Outcome } from './outcome.js';
import { OPERATION_MARK } from './same-rights.js';
import { revokePrevious } from './send-request.js';
import { Step } from './step.js';

/** A create or roll, decided and checked: what is left is to do it. */
export interface Order {
  readonly managed: ManagedKey;
  /** Whether the ledger has the managed key already. */
  readonly known: boolean;
  readonly request: Operation['request'];
  readonly name: string;
  /** The old key, of a roll. */
  readonly previous: Operation['previous'];
  readonly retire: Operation['retire'];
  /** See `Operation`. */
  readonly counted_from?: number | undefined;
  readonly inPlace: boolean;
  readonly revokeFirst: boolean;
  readonly places: ReadonlyArray<Pick<Delivery, 'place' | 'remembered'>>;
  /**
   * Whether to reserve escrow for the secret before creating it at a vendor that cannot repeat a response.
   */
  readonly escrow: boolean;
}

/**
 * Records the operation, sends its request, and runs its steps until one fails. Throws if nothing was
 * created. Throws `pending` (exit 9) if it is not known whether the key was created.
 */
export async function startOperation(
  order: Order,
  connection: AccountConnection,
  means: Means,
): Promise<Outcome> {
  const id = newOperationId(means);
  const idempotent = isIdempotent(connection, order);
  // Another machine may continue with another credential, and no service replays a response for a different
  // credential.
  const replayed = idempotent && means.ledger.shared === null;
  const escrow = replayed || !order.escrow ? null : await reserveFor(id, order, connection, means);
  const operation: Operation = {
    id,
    kind: order.previous === null ? 'create' : 'roll',
    managed: order.managed.id,
    draft: order.known ? null : order.managed,
    name: order.name,
    target: connection.target,
    credential: means.fingerprint,
    address: connection.address,
    idempotencyKey: means.newIdempotencyKey(),
    idempotent,
    inPlace: order.inPlace,
    revokeFirst: order.revokeFirst,
    request: marked(order.request, id, idempotent, connection),
    key: null,
    previous: order.previous,
    ...(order.previous === null ? {} : { previousEnd: order.previous.expires_at ?? null }),
    escrow,
    deliveries: order.places.map((place) => ({ ...place, delivered: false })),
    verify: order.previous !== null,
    retire: order.retire,
    census: null,
    absent_since: null,
    step: 'intended',
    created_at: means.clock.now(),
    ...(means.minutesAhead() === null ? {} : compact({ counted_from: order.counted_from })),
  };
  const start = () =>
    withLease(order.managed.id, means, async (lease) => {
      const managed = await requireUnchanged(order, means);
      if (connection.kind !== 'guided') return await begin(operation, managed, lease, means);
      const step = new Step(operation, managed, lease, means);
      await revokePrevious(step, means);
      const ready = await createByHand(step.operation, order, connection, means);
      return await begin(ready, step.managed, lease, means);
    });
  if (order.previous !== null) return await start();
  // Two programs that create the same name choose different ids, so the name has its own lease.
  const { account, name } = order.managed;
  return await withLease(`create ${accountText(account)} ${name}`, means, start);
}

/**
 * Returns the managed key from the ledger. Throws `conflict` if another program changed it, or started an
 * operation on its name, since the order was checked.
 */
async function requireUnchanged(
  { managed, known, name }: Order,
  { ledger }: Pick<Means, 'ledger'>,
): Promise<ManagedKey> {
  const { id, account } = managed;
  const current = known ? await ledger.managed.byId(id) : await ledger.managed.byName(account, managed.name);
  const begun = (await ledger.operationsOf(refsOf(managed))).some(
    (one) => isUnfinished(one) && isFor(one, managed),
  );
  const changed =
    current === null
      ? known || managed.versions.length > 0
      : current.id !== id ||
        versionsText(current) !== versionsText(managed) ||
        (known && placesText(current) !== placesText(managed));
  if (!changed && !begun) return known && current !== null ? current : managed;
  throw new KeysError('conflict', `another program has changed ${name} meanwhile`, {
    hint: 'nothing was changed; run the command again if it is still needed',
    next: 'show_key',
  });
}

/** Whether an operation is for this key, or creates one of its name in its account. */
export function isFor({ managed: id, draft }: Operation, managed: ManagedKey): boolean {
  if (id === managed.id) return true;
  const { account, name } = managed;
  return draft?.name === name && accountText(draft.account) === accountText(account);
}

/** Ids and names that stand in the operations of a managed key; see `Ledger.operationsOf`. */
export function refsOf({ id, name, versions }: ManagedKey): string[] {
  return [id, name, ...versions.map((version) => version.id)];
}

// A key that was paused meanwhile must not get a successor that works.
const versionsText = ({ versions }: ManagedKey) =>
  JSON.stringify(
    versions.map(({ id, generation, state, record }) => [id, generation, state, record.status === 'paused']),
  );
const placesText = ({ places }: ManagedKey) => places.map(({ id }) => id).join('\n');

/** Checks that escrow works before anything changes. Throws what the keychain throws. */
export async function reserveEscrow(
  escrow: boolean,
  order: Pick<Order, 'request'>,
  connection: AccountConnection,
  means: Means,
): Promise<void> {
  if (escrow && !isRepeatable(connection, order) && connection.kind !== 'guided')
    await means.escrow.reserve('probe');
}

/** Reserves the escrow of an operation; null where there is none and the request can be repeated instead. */
async function reserveFor(
  id: string,
  order: Order,
  connection: AccountConnection,
  { escrow }: Means,
): Promise<string | null> {
  try {
    return await escrow.reserve(id);
  } catch (error) {
    if (error instanceof KeysError && isRepeatable(connection, order)) return null;
    throw error;
  }
}

/**
 * Whether repeating the request returns the same response. A repeated roll in place gives another secret, and
 * the one that arrives last counts.
 */
function isIdempotent(connection: AccountConnection, order: Pick<Order, 'request' | 'inPlace'>): boolean {
  const { provider, isKeyService, kind } = connection;
  const replays = kind !== 'remote' || isKeyService || provider.idempotent;
  return isRepeatable(connection, order) && (replays || !order.inPlace);
}

/** Whether repeating the request leaves one key: nothing is lost with the secret of a lost response. */
function isRepeatable(
  { kind, provider, isKeyService }: AccountConnection,
  { request }: Pick<Order, 'request'>,
): boolean {
  if (kind === 'embedded' || isKeyService || provider.operations.create !== 'endpoint') return true;
  return 'create' in request ? provider.repeatable.create : provider.repeatable.roll;
}

function newOperationId({ newIdempotencyKey }: Means): string {
  const text = sha256(newIdempotencyKey());
  return `op_${text.slice(0, 16)}`;
}

/**
 * Adds a mark to the request if the vendor ignores idempotency keys and can store one. A later run finds the
 * key by it.
 */
function marked(
  request: Operation['request'],
  id: string,
  idempotent: boolean,
  { provider }: AccountConnection,
): Operation['request'] {
  if (idempotent || !provider.keepsMetadata || !provider.marks || !('create' in request)) return request;
  return { create: { ...request.create, metadata: { ...request.create.metadata, [OPERATION_MARK]: id } } };
}

/**
 * Throws `conflict` for an operation that was closed without its key, and `pending` where something is still
 * to be done.
 */
export function requireFinished({ operation, created, pending, waiting, correct, dropped }: Outcome): void {
  const key = created?.key ?? operation.key;
  const what = key === null ? operation.name : key.id;
  if (dropped !== null) {
    throw new KeysError('conflict', `the ${operation.kind} of ${operation.name} was not done: ${dropped}`, {
      next: 'show_key',
      details: { operation: operation.id },
    });
  }
  if (pending.length > 0) {
    throw new KeysError(
      'pending',
      `${what} works, and its secret is still pending for ${pending.map(({ label }) => label).join(', ')}${untilWhen(operation)}`,
      {
        next: 'resume_delivery',
        details: {
          ...{ operation: operation.id, key_id: key?.id, name: operation.name },
          pending: pending.map(({ label }) => label),
        },
      },
    );
  }
  if (waiting === null) return;
  throw new KeysError('pending', `${what}: ${waiting}`, {
    next: correct === null ? 'resume' : 'correct_and_resume',
    details: { operation: operation.id, key_id: key?.id, ...(correct === null ? {} : { file: correct }) },
  });
}

/** Until when a place that still has the old secret works; empty where the roll has not set an end. */
function untilWhen(operation: Operation): string {
  const end = endByRoll(operation);
  return end === null
    ? ''
    : `; the old key ${operation.previous?.id} works until ${shownTime(Date.parse(end))}`;
}
