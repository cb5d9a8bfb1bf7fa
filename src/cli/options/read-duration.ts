import { parseDuration } from '../../domain/duration.js';
import { KeysError } from '../../domain/errors.js';

/** Why a time cannot be `never`, or what to say instead, by the option that was given. */
const INSTEAD_OF_NEVER = {
  '--database-connect-timeout': 'the most is 1h',
  '--database-statement-timeout': 'the most is 1h',
  '--due': 'no key would be due; without a time, --due rolls what is due by its own schedule',
  '--expiring': 'keys list --sort expires_at:desc shows keys that never expire first',
  '--grace': 'the old key of a roll always ends: take a long grace such as 90d, or create a second key',
  '--older-than': 'leave it out to list keys of every age',
  '--retain-ended': 'leave it out to keep them',
  '--retain-events': 'leave it out to keep them',
  '--ttl': 'this key ends with its program; keys create creates one that stays',
  '--until': 'the old key of a roll always ends: take a late date, or create a second key',
  '--unused': '--never-used finds keys that were never used',
  '--watch': 'leave it out: the old key then works for its grace',
} as const;

type NeverEnding = keyof typeof INSTEAD_OF_NEVER;

/** Milliseconds, as `parseDuration` reads them. Throws `usage`: for `never`, with what to say instead. */
export function readDuration(option: NeverEnding, text: string): number {
  refuseNever(option, text);
  return parseDuration(text);
}

/** Throws `usage` for `never` where an option needs a time that comes. */
export function refuseNever(option: NeverEnding, text: string): void {
  if (text !== 'never') return;
  throw new KeysError('usage', `${option} cannot be never`, { hint: INSTEAD_OF_NEVER[option] });
}
