import type { Clock } from '../domain/clock.js';
import type { RateLimit } from './policies/policy.js';

/** What a response says of the limit that is nearest to its end. */
export interface RateState {
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the window begins anew. */
  readonly resetSeconds: number;
  readonly allowed: boolean;
}

/** Most keys whose requests are counted; past that the oldest windows are forgotten. */
const MOST = 10_000;

interface Window {
  readonly start: number;
  used: number;
}

/**
 * Counts requests by key in fixed windows, in this process's memory; a request past a limit is not counted.
 */
export function createRateLimiter(
  limits: readonly RateLimit[],
  clock: Clock,
): (keyId: string) => RateState | null {
  const windows = new Map<string, Window>();

  function windowOf(keyId: string, { seconds }: RateLimit, now: number): Window {
    const name = `${seconds} ${keyId}`;
    const start = Math.floor(now / (seconds * 1000)) * seconds * 1000;
    const current = windows.get(name);
    if (current?.start === start) return current;
    const fresh = { start, used: 0 };
    windows.delete(name);
    if (windows.size >= MOST) windows.delete(windows.keys().next().value ?? '');
    windows.set(name, fresh);
    return fresh;
  }

  return (keyId) => {
    const now = clock.now();
    const states = limits.map((limit) => ({ limit, window: windowOf(keyId, limit, now) }));
    const allowed = states.every(({ limit, window }) => window.used < limit.requests);
    if (allowed) for (const { window } of states) window.used++;
    const left = ({ limit, window }: (typeof states)[number]) => limit.requests - window.used;
    const [tightest] = states.sort((a, b) => left(a) - left(b) || b.limit.seconds - a.limit.seconds);
    if (tightest === undefined) return null;
    const { limit, window } = tightest;
    return {
      limit: limit.requests,
      remaining: left(tightest),
      resetSeconds: Math.max(1, Math.ceil((window.start + limit.seconds * 1000 - now) / 1000)),
      allowed,
    };
  };
}
