import type { Clock } from '../domain/clock.js';
import type { AuditRow } from './store/audit-trail.js';
import { dayOf } from './store/key-days.js';
import type { DayCounts, KeyStore } from './store/key-store.js';

/** Most keys that are counted between two writes. */
const MOST = 10_000;

/** Counts what is new to the database. */
export interface ActivityMetrics {
  newAddress(environment: string): void;
  keyRefused(environment: string): void;
}

type Counts = { -readonly [Member in keyof DayCounts]: DayCounts[Member] };

interface Gathered {
  readonly day: number;
  readonly counts: Map<string, Counts>;
  /** By event id: the same fact seen by two servers is one event. */
  readonly events: Map<string, { readonly row: AuditRow; readonly environment: string }>;
}

/** Counts and events that are written together, later. */
export class Gathering {
  readonly #store: Pick<KeyStore, 'recordActivity'>;
  readonly #clock: Clock;
  readonly #metrics: ActivityMetrics;
  #gathered: Gathered;
  #writing: Promise<void> | undefined;

  constructor(store: Pick<KeyStore, 'recordActivity'>, clock: Clock, metrics: ActivityMetrics) {
    this.#store = store;
    this.#clock = clock;
    this.#metrics = metrics;
    this.#gathered = empty(dayOf(clock.now()));
  }

  /** The day that is counted: days since 1970-01-01, UTC. */
  get day(): number {
    return this.#gathered.day;
  }

  count(id: string, change: DayCounts): void {
    const { counts } = this.#gathered;
    const counted = counts.get(id);
    if (counted !== undefined) {
      counted.uses += change.uses;
      counted.refusals += change.refusals;
    } else if (counts.size < MOST) counts.set(id, { ...change });
  }

  add(row: AuditRow, environment: string): void {
    this.#gathered.events.set(row.id, { row, environment });
  }

  /** Counts belong to the day on which they were gathered. Returns whether a new day has begun. */
  turnDay(): boolean {
    const day = dayOf(this.#clock.now());
    if (day === this.#gathered.day) return false;
    void this.flush().catch(() => undefined);
    if (this.#gathered.counts.size === 0) this.#gathered = empty(day);
    return true;
  }

  /** Throws what the store throws; what was not written is kept. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing.catch(() => undefined);
    if (this.#gathered.counts.size === 0 && this.#gathered.events.size === 0) return;
    this.#writing = this.#write();
    await this.#writing;
  }

  async #write(): Promise<void> {
    const { day, counts, events } = this.#gathered;
    this.#gathered = empty(dayOf(this.#clock.now()));
    try {
      const rows = [...events.values()].map(({ row }) => row);
      for (const id of await this.#store.recordActivity(day, counts, rows)) {
        const event = events.get(id);
        if (event?.row.action === 'new_address') this.#metrics.newAddress(event.environment);
      }
    } catch (error) {
      for (const [id, change] of counts) this.count(id, change);
      for (const [id, event] of events) this.#gathered.events.set(id, event);
      throw error;
    } finally {
      this.#writing = undefined;
    }
  }
}

function empty(day: number): Gathered {
  return { day, counts: new Map(), events: new Map() };
}
