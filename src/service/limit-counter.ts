import type { Clock } from '../domain/clock.js';
import {
  type KeyLimits,
  parseQuota,
  parseRate,
  quotaSpan,
  rateSpan,
  type Span,
} from '../domain/key-limits.js';
import type { InvalidReason } from '../domain/key-service.js';
import type { CheckedKey, KeyStore, LimitCount } from './store/key-store.js';

/** What is left of one limit. */
export interface LimitState {
  readonly kind: keyof KeyLimits;
  /** Uses that the limit allows in one window. */
  readonly most: number;
  readonly left: number;
  /** Seconds of the window, and until the next begins; null for a limit on all uses. */
  readonly windowSeconds: number | null;
  readonly resetSeconds: number | null;
}

interface LimitVerdict {
  readonly states: readonly LimitState[];
  /** The limit that refuses this use; undefined: the use is allowed, and counted. */
  readonly refusedBy?: LimitState;
}

/** Why a use that a limit refuses is not valid. */
export const LIMIT_REASONS = {
  rate: 'rate_limited',
  quota: 'quota_exceeded',
  uses: 'used_up',
} as const satisfies Readonly<Record<keyof KeyLimits, InvalidReason>>;

/**
 * Counts the uses of keys that have limits. One server counts exactly. Servers that share a database learn of each other's uses
 * when they write their own: until then each allows at most what it counts in that time too much.
 */
export interface LimitCounter {
  /** Counts a use, unless a limit refuses it. Throws what the store throws, at the first use of a key in this process. */
  take(key: Pick<CheckedKey, 'id' | 'limits'>): Promise<LimitVerdict>;
  /** Writes what was counted, and reads what others have counted. What cannot be written now is kept for the next time. */
  flush(): Promise<void>;
}

/** Most windows that are remembered. Those with uses that are not written yet are never forgotten. */
const MOST = 30_000;

interface Limit {
  readonly kind: keyof KeyLimits;
  readonly most: number;
  readonly span: Span | null;
}

/** Uses in one window: in all as far as this process knows, and of them those that are not written yet. */
interface Count extends Omit<LimitCount, 'used'> {
  total: number;
  unwritten: number;
}

function limitsAt({ rate, quota, uses }: KeyLimits, now: number): Limit[] {
  const limits: Limit[] = [];
  if (rate !== undefined) {
    const { uses: most, unit } = parseRate(rate);
    limits.push({ kind: 'rate', most, span: rateSpan(unit, now) });
  }
  if (quota !== undefined) {
    const { uses: most, unit } = parseQuota(quota);
    limits.push({ kind: 'quota', most, span: quotaSpan(unit, now) });
  }
  if (uses !== undefined) limits.push({ kind: 'uses', most: uses, span: null });
  return limits;
}

export function createLimitCounter(
  store: Pick<KeyStore, 'limitCounts' | 'addLimitCounts'>,
  clock: Clock,
): LimitCounter {
  const counts = new Map<string, Count>();
  let writing: Promise<void> | undefined;

  function nameOf(keyId: string, { kind, span }: Limit): string {
    return `${keyId} ${kind} ${span?.start ?? 0} ${span?.end ?? 0}`;
  }

  function remember(keyId: string, limit: Limit, total: number): Count {
    const { kind, span } = limit;
    const count = { key_id: keyId, kind, start: span?.start ?? 0, end: span?.end ?? 0, total, unwritten: 0 };
    counts.set(nameOf(keyId, limit), count);
    return count;
  }

  /** The counts of a key's windows; those that are new to this process come from the database. */
  async function countsOf(keyId: string, limits: readonly Limit[]): Promise<Count[]> {
    if (limits.every((limit) => counts.has(nameOf(keyId, limit)))) {
      return limits.map((limit) => counts.get(nameOf(keyId, limit)) as Count);
    }
    const known = await store.limitCounts(keyId);
    // Asked again after the wait: another request may have counted meanwhile.
    return limits.map((limit) => {
      const written = known.find(
        ({ kind, start, end }) =>
          kind === limit.kind && start === (limit.span?.start ?? 0) && end === (limit.span?.end ?? 0),
      );
      return counts.get(nameOf(keyId, limit)) ?? remember(keyId, limit, written?.used ?? 0);
    });
  }

  function forgetOld(): void {
    for (const [name, { unwritten }] of counts) {
      if (counts.size <= MOST) return;
      if (unwritten === 0) counts.delete(name);
    }
  }

  async function write(): Promise<void> {
    const batch = [...counts].filter(([, { unwritten }]) => unwritten > 0);
    const sent = batch.map(([, { key_id, kind, start, end, unwritten }]) => ({
      key_id,
      kind,
      start,
      end,
      used: unwritten,
    }));
    const totals = await store.addLimitCounts(sent);
    for (const [at, [, count]] of batch.entries()) {
      count.unwritten -= sent[at]?.used ?? 0;
      count.total = (totals[at] ?? count.total) + count.unwritten;
    }
    forgetOld();
  }

  return {
    async take({ id, limits }) {
      const now = clock.now();
      const own = limitsAt(limits, now);
      if (own.length === 0) return { states: [] };
      const found = await countsOf(id, own);
      const full = own.findIndex(({ most }, at) => (found[at]?.total ?? 0) >= most);
      if (full === -1) {
        for (const count of found) {
          count.total++;
          count.unwritten++;
        }
      }
      const states = own.map(({ kind, most, span }, at): LimitState => {
        const seconds = (ms: number) => Math.max(1, Math.ceil(ms / 1000));
        return {
          kind,
          most,
          left: Math.max(0, most - (found[at]?.total ?? 0)),
          windowSeconds: span && seconds(span.end - span.start),
          resetSeconds: span && seconds(span.end - now),
        };
      });
      const refusedBy = full === -1 ? undefined : states[full];
      return refusedBy === undefined ? { states } : { states, refusedBy };
    },

    async flush() {
      while (writing !== undefined) await writing.catch(() => undefined);
      if (![...counts.values()].some(({ unwritten }) => unwritten > 0)) return forgetOld();
      writing = write().finally(() => {
        writing = undefined;
      });
      await writing;
    },
  };
}
