import type { Key, KeyStatus } from './key.js';
import type { ListKeys } from './key-service.js';
import { wildcardMatches } from './restrictions.js';

/**
 * A list's filters, where the service that lists does not know them. What a key does not say cannot be judged, so it is let
 * through; names are always known.
 */
export function passesFilters(key: Key, { name, status, type, environment, service }: ListKeys): boolean {
  const fits = (wanted: string | undefined, has: string | null | undefined) =>
    wanted === undefined || has === undefined || has === wanted;
  const named =
    name === undefined || (name.includes('*') ? wildcardMatches(name, key.name) : key.name === name);
  const stands = !status?.length || key.status === undefined || status.includes(key.status);
  return (
    named &&
    stands &&
    fits(type, key.type) &&
    fits(environment, key.environment) &&
    fits(service, key.service)
  );
}

/** What a kept record's status has become by `now`: time ends a key without anyone writing it down. */
export function statusAt(key: Key, now: number): KeyStatus {
  if (key.status === 'revoked') return 'revoked';
  if (key.expires_at && Date.parse(key.expires_at) <= now) return 'expired';
  return key.rolled_to ? 'retiring' : 'active';
}
