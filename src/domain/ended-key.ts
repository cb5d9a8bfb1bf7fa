import type { Key } from './key.js';

/**
 * Whether this is the status of a key that has stopped for good. A key whose status is not known has not.
 */
export function isEnded(status: string | null | undefined): status is 'revoked' | 'expired' {
  return status === 'revoked' || status === 'expired';
}

/**
 * Returns the key as it is shown: a revoked key has ended, so an expiry after `now` (epoch milliseconds) is
 * left out. When it was revoked is not a part of its record.
 */
export function withoutLaterEnd<Shown extends Key>(key: Shown, now: number): Shown {
  const { expires_at, ...others } = key;
  const ended = key.status === 'revoked' && typeof expires_at === 'string' && Date.parse(expires_at) > now;
  return ended ? (others as Shown) : key;
}
