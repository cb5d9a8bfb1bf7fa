import { isoTime } from '../domain/clock.js';
import { compact } from '../domain/compact.js';
import { withoutLaterEnd } from '../domain/ended-key.js';
import type { Key } from '../domain/key.js';
import type { ListKeys } from '../domain/key-service.js';
import {
  type Account,
  exactName,
  type KeyVersion,
  type ManagedKey,
  stateAt,
  type VersionState,
} from '../domain/managed-key.js';
import { withLinks } from '../domain/succeeded.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import { isRollThatWaits, isUnfinished, type Operation, waitingPlaces } from '../storage/ledger/operation.js';

/** What happens to a key next. */
export interface NextEvent {
  /**
   * `deliver`: its secret, or that of its successor, is delivered when the operation is resumed. `revoke`:
   * this machine revokes it; without a time, a person does.
   */
  readonly event: 'deliver' | 'expire' | 'revoke' | 'roll';
  /** ISO 8601: not before; null: not known. */
  readonly at: string | null;
}

/** A key with what the ledger knows of it. */
export interface DescribedKey extends Key {
  /** Places that have this version's secret. */
  readonly delivered_to?: readonly string[];
  /** Places that wait for this version's secret. */
  readonly pending?: readonly string[];
  readonly next?: NextEvent;
  /** Whether this program is logged in with it. Absent: not known, or no. */
  readonly logged_in_with?: true;
  /** The name by which commands take the key, where the vendor has it under another one. */
  readonly managed_name?: string;
}

/**
 * Returns what adds the ledger's knowledge to keys of one account. A vendor calls a key active until its
 * grace is over; the ledger knows that it retires, and when. A revoked key loses an end in the future.
 */
export async function createDescriber(
  ledger: Ledger,
  { provider, address }: Pick<Account, 'provider' | 'address'>,
  now: number,
): Promise<(key: Key) => DescribedKey> {
  const operations = operationsById((await ledger.operations()).filter((one) => one.address === address));
  const managed = new Map<string, ManagedKey>();
  for (const key of await ledger.managed.all()) {
    if (key.account.provider !== provider || key.account.address !== address) continue;
    for (const { id } of key.versions) managed.set(id, key);
  }
  return (key) => {
    const known = managed.get(key.id);
    const version = known?.versions.find(({ id }) => id === key.id);
    if (known === undefined || version === undefined) return withoutLaterEnd(key, now);
    return describe(withoutLaterEnd(key, now), {
      managed: known,
      version,
      operations: operations.get(key.id) ?? [],
      now,
    });
  };
}

/**
 * What a service is asked for, so that the described keys with a wanted status are all among the response: it
 * calls a key active that the ledger knows to be retiring. The response may hold others, too.
 */
export function queryBeforeDescription(query: ListKeys): ListKeys {
  const { status = [] } = query;
  if (!status.includes('retiring') || status.includes('active')) return query;
  return { ...query, status: [...status, 'active'] };
}

/** The operations of each key that they create, replace or revoke. */
function operationsById(operations: readonly Operation[]): ReadonlyMap<string, readonly Operation[]> {
  const byId = new Map<string, Operation[]>();
  for (const operation of operations) {
    for (const id of new Set([operation.key?.id, operation.previous?.id, operation.retire?.id])) {
      if (id === undefined) continue;
      byId.set(id, [...(byId.get(id) ?? []), operation]);
    }
  }
  return byId;
}

interface Known {
  readonly managed: ManagedKey;
  readonly version: KeyVersion;
  readonly operations: readonly Operation[];
  readonly now: number;
}

function describe(key: Key, { managed, version, operations, now }: Known): DescribedKey {
  const state = stateAt(version, now);
  const works = key.status === 'active' || key.status === undefined;
  // The end of an old key passes while this machine, or a person at a dashboard, has not revoked it yet.
  const overdue = operations.some(({ retire, step }) => step === 'retiring' && retire?.id === key.id);
  const waits = operations.some((one) => isRollThatWaits(one) && one.previous.id === key.id);
  const retiring = works && (state === 'retiring' || overdue || waits);
  const end = version.ends_at === null ? (key.expires_at ?? null) : isoTime(version.ends_at);
  const pending = operations.filter((operation) => operation.key?.id === key.id).flatMap(waitingPlaces);
  const delivered = managed.places
    .filter((place) => place.delivered?.id === key.id && place.delivered.generation === version.generation)
    .map(({ label }) => label);
  const next = nextOf(key, state, end, managed, operations);
  return {
    ...withLinks(key, linksOf(version, managed, works)),
    ...(retiring ? { status: 'retiring' as const } : {}),
    ...(works && state === 'retiring' ? { expires_at: end } : {}),
    ...(delivered.length > 0 ? { delivered_to: delivered } : {}),
    ...(pending.length > 0 ? { pending } : {}),
    ...(next === null ? {} : { next }),
    ...(managed.name === exactName(key.name) ? {} : { managed_name: managed.name }),
  };
}

/**
 * The keys before and after this version, as the ledger knows them. A key that works on has no successor that
 * was revoked, and none whose secret is not delivered yet.
 */
function linksOf(
  { id, record }: KeyVersion,
  { versions }: ManagedKey,
  works: boolean,
): Pick<Key, 'rolled_from' | 'rolled_to'> {
  const successor = versions.find((one) => one.record.rolled_from === id && one.state !== 'pending');
  const isUndone = works && successor?.state === 'revoked';
  return compact({ rolled_from: record.rolled_from, rolled_to: isUndone ? undefined : successor?.id });
}

/** In a dashboard, a person revokes the old key. */
function endByHand({ address }: Pick<Account, 'address'>): NextEvent | null {
  return address === 'dashboard' ? { event: 'revoke', at: null } : null;
}

/** Null: nothing is planned. */
function nextOf(
  key: Key,
  state: VersionState,
  end: string | null,
  { account, schedule, created_at }: ManagedKey,
  operations: readonly Operation[],
): NextEvent | null {
  if (operations.some(({ retire, step }) => step === 'retiring' && retire?.id === key.id)) {
    return { event: 'revoke', at: end };
  }
  if (state === 'retiring') return end === null ? endByHand(account) : { event: 'expire', at: end };
  const isDeliveredNext = (one: Operation) =>
    (one.key?.id === key.id && isUnfinished(one)) || (isRollThatWaits(one) && one.previous.id === key.id);
  if (operations.some(isDeliveredNext)) {
    return { event: 'deliver', at: null };
  }
  if (schedule.rotate_ms === null || state !== 'active') return null;
  const created = key.created_at ? Date.parse(key.created_at) : created_at;
  return { event: 'roll', at: isoTime(created + schedule.rotate_ms) };
}
