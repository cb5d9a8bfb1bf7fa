import type { Clock } from '../domain/clock.js';
import { type KeyLimits, parseQuota, parseRate, quotaSpan, rateSpan } from '../domain/key-limits.js';
import type { InvalidReason } from '../domain/key-service.js';
import type { CheckedKey, KeyStore } from './store/key-store.js';
import { type Limit, WindowCounts } from './window-counts.js';

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
 * Counts the uses of keys that have limits. One server counts exactly. Servers that share a database learn of
 * each other's uses when they write their own: until then each allows at most what it counts in that time too
 * much.
 */
export interface LimitCounter {
  /**
   * Counts a use, unless a limit refuses it. Throws what the store throws, at the first use of a key in this
   * process.
   */
  take(key: Pick<CheckedKey, 'id' | 'limits'>): Promise<LimitVerdict>;
  /**
   * Writes what was counted, and reads what others have counted. What cannot be written now is kept for the
   * next time.
   */
  flush(): Promise<void>;
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
  counts = new WindowCounts(store, clock),
): LimitCounter {
  return {
    async take({ id, limits }) {
      const now = clock.now();
      const own = limitsAt(limits, now);
      if (own.length === 0) return { states: [] };
      const found = counts.known(id, own) ?? (await counts.read(id, own));
      const full = own.findIndex(({ most }, at) => (found[at]?.total ?? 0) >= most);
      if (full === -1) {
        for (const count of found) {
          count.total++;
          count.unwritten++;
        }
      }
      const states = own.map((limit, at) => stateOf(limit, found[at]?.total ?? 0, now));
      const refusedBy = states[full];
      return refusedBy === undefined ? { states } : { states, refusedBy };
    },

    flush: () => counts.flush(),
  };
}

function stateOf({ kind, most, span }: Limit, used: number, now: number): LimitState {
  const seconds = (ms: number) => Math.max(1, Math.ceil(ms / 1000));
  return {
    kind,
    most,
    left: Math.max(0, most - used),
    windowSeconds: span && seconds(span.end - span.start),
    resetSeconds: span && seconds(span.end - now),
  };
}
