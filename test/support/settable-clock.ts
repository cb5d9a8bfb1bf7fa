import type { Clock } from '../../src/domain/clock.js';

export const SECOND = 1_000;
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** The time so many days from now, as the key endpoints print it: whole seconds. A negative count is past. */
export function inDays(count: number): string {
  return isoSeconds(Date.now() + count * DAY);
}

/** Epoch milliseconds as the key endpoints print them. */
export function isoSeconds(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** A clock that stands still until a test moves it. It shows whole milliseconds, as a machine's does. */
export interface SettableClock extends Clock {
  advance(ms: number): void;
}

/** Returns a clock that begins at today's time, as does the clock of a program that a test starts. */
export function settableClock(): SettableClock {
  let now = Date.now() - (Date.now() % SECOND);
  return {
    now: () => now,
    advance(ms) {
      now += Math.ceil(ms);
    },
  };
}
