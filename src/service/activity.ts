import type { Clock } from '../domain/clock.js';
import type { InvalidReason } from '../domain/key-service.js';
import { sha256 } from '../domain/sha256.js';
import { networkOf } from './failed-attempts.js';
import type { AuditRow } from './store/audit-trail.js';
import type { CheckedKey, DayCounts, KeyStore } from './store/key-store.js';

const DAY_MS = 86_400_000;
/** Most keys, and most pairs of key and address, that are remembered. */
const MOST = 10_000;
/** Most events of new addresses of one key and day. More would fill the audit trail and tell nothing new. */
const MOST_ADDRESSES = 50;

/** Counts uses and refusals by key and day, and notices what an operator wants to know of live keys, off the path of requests. */
export interface Activity {
  used(key: CheckedKey, address: string | undefined): void;
  refused(key: CheckedKey, reason: InvalidReason): void;
  /** Writes what was gathered. What cannot be written now is kept for the next time. */
  flush(): Promise<void>;
}

/** Counts what is new to the database. */
export interface ActivityMetrics {
  newAddress(environment: string): void;
  keyRefused(environment: string): void;
}

interface Gathered {
  readonly day: number;
  readonly counts: Map<string, DayCounts>;
  /** By event id: the same fact seen by two servers is one event. */
  readonly events: Map<string, { readonly row: AuditRow; readonly environment: string }>;
}

export function createActivity(
  store: Pick<KeyStore, 'recordActivity'>,
  clock: Clock,
  metrics: ActivityMetrics,
): Activity {
  const known = new Set<string>();
  const addressesOf = new Map<string, number>();
  let gathered = empty(dayOf(clock.now()));
  let writing: Promise<void> | undefined;

  function count(id: string, change: DayCounts): void {
    const before = gathered.counts.get(id);
    if (before === undefined && gathered.counts.size >= MOST) return;
    gathered.counts.set(id, {
      uses: (before?.uses ?? 0) + change.uses,
      refusals: (before?.refusals ?? 0) + change.refusals,
    });
  }

  function note(
    key: CheckedKey,
    action: AuditRow['action'],
    mark: string,
    details: AuditRow['details'],
  ): void {
    const fact = `${action} ${key.id} ${mark}`;
    if (known.has(fact)) return;
    if (known.size >= MOST) known.delete(known.values().next().value ?? '');
    known.add(fact);
    const id = `evt_${sha256(fact).slice(0, 32)}`;
    const row = { id, at: clock.now(), actor: key.id, action, key_id: key.id, details };
    gathered.events.set(id, { row, environment: key.environment });
  }

  /** Counts belong to the day on which they were gathered. */
  function turnDay(): void {
    const day = dayOf(clock.now());
    if (day === gathered.day) return;
    addressesOf.clear();
    void flush().catch(() => undefined);
    if (gathered.counts.size === 0) gathered = empty(day);
  }

  async function write(): Promise<void> {
    const batch = gathered;
    gathered = empty(dayOf(clock.now()));
    try {
      const rows = [...batch.events.values()].map(({ row }) => row);
      for (const id of await store.recordActivity(batch.day, batch.counts, rows)) {
        const event = batch.events.get(id);
        if (event?.row.action === 'new_address') metrics.newAddress(event.environment);
      }
    } catch (error) {
      for (const [id, counts] of batch.counts) count(id, counts);
      for (const [id, event] of batch.events) gathered.events.set(id, event);
      throw error;
    } finally {
      writing = undefined;
    }
  }

  async function flush(): Promise<void> {
    while (writing !== undefined) await writing.catch(() => undefined);
    if (gathered.counts.size === 0 && gathered.events.size === 0) return;
    writing = write();
    await writing;
  }

  return {
    used(key, address) {
      turnDay();
      count(key.id, { uses: 1, refusals: 0 });
      // A public key is used by everybody: its addresses say nothing.
      if (!isWatched(key) || key.type === 'public' || address === undefined) return;
      const network = networkOf(address);
      if (known.has(`new_address ${key.id} ${network}`)) return;
      const seen = addressesOf.get(key.id) ?? 0;
      if (seen >= MOST_ADDRESSES) return;
      addressesOf.set(key.id, seen + 1);
      note(key, 'new_address', network, { address: network });
    },
    refused(key, reason) {
      turnDay();
      count(key.id, { uses: 0, refusals: 1 });
      metrics.keyRefused(key.environment);
      if (isWatched(key)) note(key, 'refused', `${gathered.day} ${reason}`, { reason });
    },
    flush,
  };
}

/** Keys of the environment in which mistakes cost most, whatever the policy calls it. */
function isWatched({ environment }: CheckedKey): boolean {
  return environment === 'live' || environment === 'production';
}

function empty(day: number): Gathered {
  return { day, counts: new Map(), events: new Map() };
}

/** Days since 1970-01-01, UTC. */
export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}
