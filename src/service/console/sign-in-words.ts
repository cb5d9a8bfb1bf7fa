import type { KeysError } from '../../domain/errors.js';
import { type Notice, relativeTime } from './components.js';

/** Why a key can never be signed in with again. */
const ENDED: ReadonlySet<string> = new Set(['revoked', 'expired', 'used_up']);

/**
 * What the sign-in page says of a key that was refused: times as people say them, and what they can do there.
 */
export function inSignInWords({ message, hint, details }: KeysError, now: number): Notice {
  const title = message.replace(
    / at (\d{4}-\d\d-\d\dT[\d:.]+Z)$/,
    (_, at) => ` ${relativeTime(Date.parse(at), now)}`,
  );
  const ended = ENDED.has(String(details?.['reason']));
  return { tone: 'bad', title, hint: ended ? 'sign in with another key' : hint };
}
