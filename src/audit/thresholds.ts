import { DAY_MS } from '../domain/duration.js';

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

/**
 * Returns a span in words: days, hours if it is shorter than two days, or minutes if it is shorter than an
 * hour.
 */
export function span(ms: number): string {
  if (ms >= 2 * DAY_MS) return `${days(ms)} days`;
  if (ms < 3_600_000) {
    const minutes = Math.max(1, Math.floor(ms / 60_000));
    return minutes === 1 ? 'a minute' : `${minutes} minutes`;
  }
  const hours = Math.floor(ms / 3_600_000);
  return hours === 1 ? 'an hour' : `${hours} hours`;
}
