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

/** The counts of windows in memory, which are added to those of the database now and then. */
export class WindowCounts {
  readonly #store: Pick<KeyStore, 'limitCounts' | 'addLimitCounts'>;
  readonly #counts = new Map<string, WindowCount>();
  #writing: Promise<void> | undefined;

  constructor(store: Pick<KeyStore, 'limitCounts' | 'addLimitCounts'>) {
    this.#store = store;
  }

  /** The count of each limit's window. Those that are new to this process come from the database. */
  async of(keyId: string, limits: readonly Limit[]): Promise<WindowCount[]> {
    const known = limits.map((limit) => this.#counts.get(nameOf(keyId, limit)));
    if (known.every((count) => count !== undefined)) return known;
    const written = await this.#store.limitCounts(keyId);
    // Asked again after the wait: another request may have counted meanwhile.
    return limits.map(
      (limit) => this.#counts.get(nameOf(keyId, limit)) ?? this.#remember(keyId, limit, written),
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

  /** Throws what the store throws; what was not written is kept. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing.catch(() => undefined);
    const batch = [...this.#counts.values()].filter(({ unwritten }) => unwritten > 0);
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

  #forgetOld(): void {
    for (const [name, { unwritten }] of this.#counts) {
      if (this.#counts.size <= MOST) return;
      if (unwritten === 0) this.#counts.delete(name);
    }
  }
}

function nameOf(keyId: string, { kind, span }: Limit): string {
  return `${keyId} ${kind} ${span?.start ?? 0} ${span?.end ?? 0}`;
}
