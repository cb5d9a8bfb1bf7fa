import type { Clock } from '../../src/domain/clock.js';

/** A clock that stands still until a test moves it. */
export interface SettableClock extends Clock {
  advance(ms: number): void;
}

export function settableClock(start = Date.parse('2026-11-21T12:00:00Z')): SettableClock {
  let now = start;
  return {
    now: () => now,
    advance(ms) {
      now += ms;
    },
  };
}

export const SECOND = 1_000;
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
