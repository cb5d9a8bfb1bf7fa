import type { Key, KeyStatus } from './key.js';
import type { ListKeys } from './key-service.js';
import { wildcardMatches } from './restrictions.js';

/**
 * Whether a name is the one that was asked for; `*` stands for any characters. An accented letter is the same
 * in one character and in two: keyboards and file systems differ in what they write.
 */
export function nameMatches(asked: string, name: string): boolean {
  const [wanted, actual] = [asked.normalize(), name.normalize()];
  return wanted.includes('*') ? wildcardMatches(wanted, actual) : wanted === actual;
}

/** Whether a key is not known to be of another environment than this one; undefined: any. */
export function fitsEnvironment(
  { environment }: Pick<Key, 'environment'>,
  wanted: string | undefined,
): boolean {
  return wanted === undefined || !environment || environment === wanted;
}

/**
 * Whether a key has one of the statuses that were asked for; one that does not say its status is let through.
 */
export function fitsStatus({ status }: Key, wanted: ListKeys['status']): boolean {
  return !wanted?.length || status === undefined || wanted.includes(status);
}

/**
 * A list's filters, where the service that lists does not know them. What a key does not say cannot be
 * judged, so it is let through; names are always known.
 */
export function passesFilters(
  key: Key,
  { name, status, type, environment, service, owner, metadata }: ListKeys,
): boolean {
  const fits = (wanted: string | undefined, has: string | null | undefined) =>
    wanted === undefined || has === undefined || has === wanted;
  const named = name === undefined || nameMatches(name, key.name);
  return (
    named &&
    fitsStatus(key, status) &&
    fits(type, key.type) &&
    fits(environment, key.environment) &&
    fits(service, key.service) &&
    fits(owner, key.owner) &&
    (metadata === undefined || key.metadata === undefined || hasNote(key, metadata))
  );
}

/** Whether a key has a note with this value; `pair` is such as `team=web`. */
export function hasNote({ metadata = {} }: Key, pair: string): boolean {
  const at = pair.indexOf('=');
  const name = pair.slice(0, at);
  return Object.hasOwn(metadata, name) && metadata[name] === pair.slice(at + 1);
}

/** The status of a stored record at `now`: a key expires at its time, and nothing writes that down. */
export function statusAt(key: Key, now: number): KeyStatus {
  if (key.status === 'revoked') return 'revoked';
  if (key.expires_at && Date.parse(key.expires_at) <= now) return 'expired';
  if (key.status === 'paused') return 'paused';
  return key.rolled_to ? 'retiring' : 'active';
}
