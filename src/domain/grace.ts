import { KeysError } from './errors.js';
import type { Grace } from './provider.js';
import { titleInSentence } from './systems.js';

/**
 * Milliseconds for which an old key works after a roll if neither its schedule nor its provider sets a grace.
 */
export const DEFAULT_GRACE_MS = 12 * 3_600_000;

/**
 * The seconds for which the old key works after a roll. Throws `unsupported` where there is no roll (`grace`
 * is null), and for a grace that cannot be chosen.
 */
export function graceSeconds(
  { title, grace }: { readonly title: string; readonly grace: Grace | null },
  asked: number | undefined,
): number {
  if (grace === null) {
    throw new KeysError('unsupported', `${titleInSentence({ title })} has no roll`, {
      hint: 'create a successor, deliver it, then revoke the old key',
      next: 'roll_key',
    });
  }
  if (grace.kind === 'any') return asked ?? grace.defaultSeconds;
  const seconds = grace.kind === 'fixed' ? grace.seconds : 0;
  if (asked === undefined || asked === seconds) return seconds;
  throw new KeysError(
    'unsupported',
    grace.kind === 'fixed'
      ? `after a roll the old key of ${titleInSentence({ title })} works for ${seconds / 3600} hours, no more and no less`
      : `${titleInSentence({ title })} has no grace: the old key ends at once`,
    { hint: `leave out the grace${grace.kind === 'fixed' ? '; or revoke the old key afterwards' : ''}` },
  );
}
