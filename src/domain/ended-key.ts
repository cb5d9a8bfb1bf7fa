import type { Key } from './key.js';

/**
 * Returns the key as it is shown: a revoked key has ended, so an expiry after `now` (epoch milliseconds) is
 * left out. When it was revoked is not a part of its record.
 */
export function withoutLaterEnd<Shown extends Key>(key: Shown, now: number): Shown {
  const { expires_at, ...others } = key;
  const ended = key.status === 'revoked' && typeof expires_at === 'string' && Date.parse(expires_at) > now;
  return ended ? (others as Shown) : key;
}
