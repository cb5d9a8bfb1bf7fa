import type { Clock } from '../domain/clock.js';
import type { KeyLimits, Span } from '../domain/key-limits.js';
import type { KeyStore, LimitCount } from './store/key-store.js';

/** A limit, with the window that it has now; null: a limit on all uses. */
export interface Limit {
  readonly kind: keyof KeyLimits;
  readonly most: number;
  readonly span: Span | null;
}

/** Uses in one window: in all as far as this process knows, and of them those that are not written yet. */
export interface WindowCount extends Omit<LimitCount, 'used'> {
  total: number;
  unwritten: number;
}

/** Most windows that are remembered. Those with uses that are not written yet are never forgotten. */
const MOST = 30_000;
/**
 * Servers write their counts this often. So the database has few uses of a window that is younger, which is
 * not looked up, and a window that is shorter is over before others could read it: it is not written.
 */
const WRITTEN_EVERY_MS = 2_000;

/** The counts of windows in memory, which are added to those of the database now and then. */
export class WindowCounts {
  readonly #store: Pick<KeyStore, 'limitCounts' | 'addLimitCounts'>;
  readonly #clock: Clock;
  readonly #most: number;
  readonly #counts = new Map<string, WindowCount>();
  /** Every use of this process in a window that began after this time is in memory. */
  #completeSince: number;
  #writing: Promise<void> | undefined;

  constructor(store: Pick<KeyStore, 'limitCounts' | 'addLimitCounts'>, clock: Clock, most = MOST) {
    this.#store = store;
    this.#clock = clock;
    this.#most = most;
    this.#completeSince = clock.now();
  }

  /** The count of each limit's window; null where some of them must be read first. */
  known(keyId: string, limits: readonly Limit[]): WindowCount[] | null {
    const known = limits.map(
      (limit) =>
        this.#counts.get(nameOf(keyId, limit)) ??
        (this.#hasJustBegun(limit) ? this.#remember(keyId, limit, []) : undefined),
    );
    return known.every((count) => count !== undefined) ? known : null;
  }

  /**
   * The count of each limit's window, from the database where it is new to this process. Throws what the
   * store throws.
   */
  async read(keyId: string, limits: readonly Limit[]): Promise<WindowCount[]> {
    const written = await this.#store.limitCounts(keyId);
    // Looked up again after the wait: another request may have counted meanwhile.
    return limits.map(
      (limit) => this.#counts.get(nameOf(keyId, limit)) ?? this.#remember(keyId, limit, written),
    );
  }

  #hasJustBegun({ span }: Limit): boolean {
    return (
      span !== null && span.start > this.#completeSince && this.#clock.now() < span.start + WRITTEN_EVERY_MS
    );
  }

  #remember(keyId: string, limit: Limit, written: readonly LimitCount[]): WindowCount {
    const { kind, span } = limit;
    const [start, end] = [span?.start ?? 0, span?.end ?? 0];
    const found = written.find((count) => count.kind === kind && count.start === start && count.end === end);
    const count = { key_id: keyId, kind, start, end, total: found?.used ?? 0, unwritten: 0 };
    this.#counts.set(nameOf(keyId, limit), count);
    return count;
  }

  /**
   * Writes the counts of windows that still run, and forgets the others. Throws what the store throws; what
   * was not written is kept.
   */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing.catch(() => undefined);
    this.#forgetOver();
    const batch = [...this.#counts.values()].filter((count) => count.unwritten > 0 && isShared(count));
    if (batch.length > 0) {
      this.#writing = this.#write(batch).finally(() => {
        this.#writing = undefined;
      });
      await this.#writing;
    }
    this.#forgetOld();
  }

  async #write(batch: readonly WindowCount[]): Promise<void> {
    const sent = batch.map(({ key_id, kind, start, end, unwritten }) => ({
      ...{ key_id, kind, start, end },
      used: unwritten,
    }));
    const totals = await this.#store.addLimitCounts(sent);
    for (const [at, count] of batch.entries()) {
      count.unwritten -= sent[at]?.used ?? 0;
      count.total = (totals[at] ?? count.total) + count.unwritten;
    }
  }

  #forgetOver(): void {
    const now = this.#clock.now();
    for (const [name, { end }] of this.#counts) if (end > 0 && end <= now) this.#counts.delete(name);
  }

  #forgetOld(): void {
    for (const [name, { unwritten }] of this.#counts) {
      if (this.#counts.size <= this.#most) return;
      if (unwritten > 0) continue;
      this.#counts.delete(name);
      this.#completeSince = this.#clock.now();
    }
  }
}

function isShared({ start, end }: WindowCount): boolean {
  return end === 0 || end - start >= WRITTEN_EVERY_MS;
}

function nameOf(keyId: string, { kind, span }: Limit): string {
  return `${keyId} ${kind} ${span?.start ?? 0} ${span?.end ?? 0}`;
}
