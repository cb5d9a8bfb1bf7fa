import type { KeysError } from '../../domain/errors.js';
import { type Notice, relativeTime } from './components.js';
import { forPages } from './page-words.js';

/** Why a key can never be signed in with again. */
const ENDED: ReadonlySet<string> = new Set(['revoked', 'expired', 'used_up']);

/**
 * What the sign-in page says of a key that was refused: times as people say them, and what they can do there.
 */
export function inSignInWords(error: KeysError, now: number): Notice {
  const { message, wording, details } = forPages(error);
  const title = message.replace(
    / at (\d{4}-\d\d-\d\dT[\d:.]+Z)$/,
    (_, at) => ` ${relativeTime(Date.parse(at), now)}`,
  );
  const ended = ENDED.has(String(details?.['reason']));
  return { tone: 'bad', title, hint: ended ? 'sign in with another key' : wording.hint };
}
