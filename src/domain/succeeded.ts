import { isoTime } from './clock.js';
import type { Key } from './key.js';

/**
 * Returns the record of a key that has a successor and works for so many seconds more, but not beyond its own expiry. Null: it
 * works until it is revoked.
 */
export function succeeded(old: Key, successor: string, seconds: number | null, now: number): Key {
  if (seconds === null) return { ...old, rolled_to: successor };
  const expiry = old.expires_at ? Date.parse(old.expires_at) : Number.POSITIVE_INFINITY;
  return { ...old, rolled_to: successor, expires_at: isoTime(Math.min(now + seconds * 1000, expiry)) };
}
