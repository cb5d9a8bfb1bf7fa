import { isoTime } from '../domain/clock.js';
import type { Key } from '../domain/key.js';
import { type Account, type ManagedKey, stateAt } from '../domain/managed-key.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import type { Operation } from '../storage/ledger/operation.js';

/** A key with what the ledger knows of it. */
export interface DescribedKey extends Key {
  /** Places that have this version's secret. */
  readonly delivered_to?: readonly string[];
  /** Places that wait for this version's secret. */
  readonly pending?: readonly string[];
  /** What happens next, and when. */
  readonly next?: string;
}

/** Adds what the ledger knows. The vendor calls a key active until its grace is over; the ledger knows when that is. */
export async function createDescriber(
  ledger: Ledger,
  { provider, address }: Pick<Account, 'provider' | 'address'>,
  now: number,
): Promise<(key: Key) => DescribedKey> {
  const operations = (await ledger.operations()).filter(({ place }) => place === address);
  const managed = new Map<string, ManagedKey>();
  for (const key of await ledger.managed.all()) {
    if (key.account.provider !== provider || key.account.address !== address) continue;
    for (const { id } of key.versions) managed.set(id, key);
  }
  return (key) => {
    const known = managed.get(key.id);
    return known === undefined ? key : describe(key, known, operations, now);
  };
}

function describe(
  key: Key,
  managed: ManagedKey,
  operations: readonly Operation[],
  now: number,
): DescribedKey {
  const version = managed.versions.find(({ id }) => id === key.id);
  if (version === undefined) return key;
  const state = stateAt(version, now);
  const retiring = state === 'retiring' && (key.status === 'active' || key.status === undefined);
  const end = version.ends_at === null ? (key.expires_at ?? null) : isoTime(version.ends_at);
  const pending = operations
    .filter((operation) => operation.key?.id === key.id)
    .flatMap(({ deliveries }) => deliveries.filter(({ delivered }) => !delivered))
    .map(({ place }) => place.label);
  const delivered = managed.places
    .filter((place) => place.delivered?.id === key.id)
    .map(({ label }) => label);
  const next = nextOf(managed, key, state, end, operations);
  return {
    ...key,
    ...(retiring ? { status: 'retiring' as const, expires_at: end } : {}),
    ...(delivered.length > 0 ? { delivered_to: delivered } : {}),
    ...(pending.length > 0 ? { pending } : {}),
    ...(next === null ? {} : { next }),
  };
}

/** What happens next to this version; null: nothing is planned. */
function nextOf(
  { schedule, created_at }: ManagedKey,
  key: Key,
  state: string,
  end: string | null,
  operations: readonly Operation[],
): string | null {
  const waits = operations.find(({ retire, step }) => step === 'retiring' && retire?.id === key.id);
  if (waits !== undefined)
    return `keys resume revokes it ${end === null ? 'when it is due' : `after ${end}`}`;
  if (state === 'retiring') return end === null ? null : `expires at ${end}`;
  if (operations.some((operation) => operation.key?.id === key.id)) return 'keys resume delivers it';
  if (schedule.rotate_ms === null || state !== 'active') return null;
  const created = key.created_at ? Date.parse(key.created_at) : created_at;
  return `keys roll --due rolls it after ${isoTime(created + schedule.rotate_ms)}`;
}
