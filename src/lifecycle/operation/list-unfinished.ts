import { shownTime } from '../../domain/whole-seconds.js';
import { endByRoll, type Operation } from '../../storage/ledger/operation.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import { type LeftKey, leftByHand } from '../roll/left-by-hand.js';
import { goneHere } from './lease.js';

/** A line of what is unfinished: an operation, or an old key of a dashboard that still works. */
export interface UnfinishedRow {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly key_id: string | null;
  readonly step: string;
  readonly since: string;
  readonly pending: readonly string[];
  readonly retires: string | null;
  /** ISO 8601; null where the old key has no end yet. */
  readonly retires_at: string | null;
  readonly running: boolean;
  readonly provider: string;
  /** Where the account is: `dashboard`, `embedded`, or the base URL. */
  readonly address: string;
}

/** What is unfinished, and the old keys among it that only a person can revoke. */
interface Unfinished {
  readonly rows: readonly UnfinishedRow[];
  readonly left: readonly LeftKey[];
}

/** Returns every operation of the ledger that is not finished, and every old key of a roll by hand. */
export async function listUnfinished(
  context: Pick<LifecycleContext, 'clock' | 'ledger' | 'process'>,
): Promise<Unfinished> {
  const ledger = await context.ledger();
  const leases = ledger.leases(context.clock);
  const isGone = goneHere(context.process);
  const operations = await ledger.operations();
  const left = await leftByHand(ledger, operations, context.clock.now());
  const running = await Promise.all(
    operations.map(async ({ managed }) => (await leases.holder(managed, isGone)) !== null),
  );
  const rows = operations.map((operation, at) => rowOf(operation, running[at] === true));
  return { rows: [...rows, ...left.map(rowOfLeft)], left };
}

function rowOf(operation: Operation, running: boolean): UnfinishedRow {
  const { id, kind, name, key, step, created_at, deliveries, retire, target, address } = operation;
  return {
    id,
    kind,
    name,
    key_id: key?.id ?? null,
    step,
    since: shownTime(created_at),
    pending: deliveries.filter(({ delivered }) => !delivered).map(({ place }) => place.label),
    retires: retire?.id ?? null,
    retires_at: endOfOld(operation),
    running,
    provider: target.policy ?? target.provider,
    address,
  };
}

/** When the old key ends, by this program or with the roll; null: it has no end yet. */
function endOfOld(operation: Operation): string | null {
  const at = operation.retire?.at ?? null;
  if (at !== null) return shownTime(at);
  const end = endByRoll(operation);
  return end === null ? null : shownTime(Date.parse(end));
}

/**
 * A roll in a dashboard whose old key a person has not revoked. It has no operation: the row has the id of
 * the old key.
 */
function rowOfLeft({ managed, old, successor, since }: LeftKey): UnfinishedRow {
  return {
    id: old.id,
    kind: 'roll',
    name: managed.name,
    key_id: successor?.id ?? null,
    step: 'retiring',
    since: shownTime(since),
    pending: [],
    retires: old.id,
    retires_at: null,
    running: false,
    provider: managed.account.provider,
    address: managed.account.address,
  };
}
