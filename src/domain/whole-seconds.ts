import { isoTime } from './clock.js';
import { compact } from './compact.js';
import type { Key } from './key.js';

/**
 * Returns the key with its times in whole seconds, as the documented list prints them. A time is never later than the exact one,
 * so a key works at least until its `expires_at`.
 */
export function toTheSecond<Row extends Key>(key: Row): Row {
  const { created_at, last_used, last_used_here, expires_at } = key;
  const times = { created_at, last_used, last_used_here, expires_at };
  return {
    ...key,
    ...compact(Object.fromEntries(Object.entries(times).map(([name, time]) => [name, wholeSecond(time)]))),
  };
}

/** Returns a time (ISO 8601) without its fraction of a second; anything else as it is. */
export function wholeSecond<Time extends string | null | undefined>(time: Time): string | Time {
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(at) ? time : isoTime(Math.floor(at / 1000) * 1000);
}
