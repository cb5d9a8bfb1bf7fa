import { isoTime } from './clock.js';
import type { Key } from './key.js';

/** The times of a key, of its revocation and of its schedule. */
const TIMES = ['created_at', 'last_used', 'last_used_here', 'expires_at', 'revoked_at', 'roll_by'] as const;

/** What a command may show beside a key. */
interface Beside {
  readonly next?: { readonly at: string | null };
  readonly previous?: Key | null;
}

/**
 * Returns the key as commands and the list endpoint show it: its times in whole seconds, as the documented list prints them, also
 * in `next` and `previous`. A time is never later than the exact one, so a key works at least until its `expires_at`.
 */
export function asShown<Row extends Partial<Key> & Beside>(row: Row): Row {
  const { next, previous } = row;
  const times = TIMES.filter((name) => name in row).map((name) => [
    name,
    wholeSecond(row[name as keyof Row]),
  ]);
  return {
    ...row,
    ...Object.fromEntries(times),
    ...(next ? { next: { ...next, at: wholeSecond(next.at) } } : {}),
    ...(previous ? { previous: asShown(previous) } : {}),
  };
}

/** Returns a time (ISO 8601) without its fraction of a second; anything else as it is. */
export function wholeSecond<Time>(time: Time): string | Time {
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(at) ? time : isoTime(Math.floor(at / 1000) * 1000);
}
