import { DAY_MS } from '../domain/duration.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Limits of the rules, in milliseconds. */
export interface Thresholds {
  /** Age at which a key should be rolled. */
  readonly maxAgeMs: number;
  /** Time since the last use after which a key counts as unused. */
  readonly unusedMs: number;
  /** Age by which a key should have been used once. */
  readonly neverUsedMs: number;
  /** Time before the expiry of a key. */
  readonly expiringMs: number;
  /** Time that a create or roll may take. */
  readonly unfinishedMs: number;
}

export const DEFAULT_THRESHOLDS: Thresholds = {
  maxAgeMs: 90 * DAY_MS,
  unusedMs: 30 * DAY_MS,
  neverUsedMs: 7 * DAY_MS,
  expiringMs: 14 * DAY_MS,
  unfinishedMs: 3_600_000,
};

/** Whole days in a span. */
export function days(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

/** Returns a span in words: days; hours if it is shorter than two days; then minutes; then seconds. */
export function span(ms: number): string {
  if (ms >= 2 * DAY_MS) return `${days(ms)} days`;
  if (ms >= HOUR_MS) return count(ms / HOUR_MS, 'an hour', 'hours');
  if (ms >= MINUTE_MS) return count(ms / MINUTE_MS, 'a minute', 'minutes');
  return count(ms / 1_000, 'a second', 'seconds');
}

function count(exact: number, one: string, several: string): string {
  const whole = Math.max(1, Math.floor(exact));
  return whole === 1 ? one : `${whole} ${several}`;
}
