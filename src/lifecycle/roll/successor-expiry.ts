import { isoTime } from '../../domain/clock.js';
import type { Key } from '../../domain/key.js';
import type { Rights } from '../../domain/managed-key.js';
import { option } from '../../domain/words.js';
import type { SuccessorChoices } from './successor-choices.js';
import type { SuccessorRules } from './successor-rules.js';
import { unknownField } from './unknown-rights.js';

/** The same lifetime from now on; a key whose creation is not known keeps its end. */
export function expiryOf(
  old: Key,
  rights: Rights | null,
  provider: SuccessorRules,
  { expires_at: chosen }: SuccessorChoices,
  now: number,
): string | undefined {
  const { accepts } = provider;
  if (chosen !== undefined) return chosen ?? undefined;
  if (accepts.expires_at === undefined) return undefined;
  const isUntold = provider.isOwnFile === true && old.expires_at === null && rights?.lifetime_ms != null;
  const lifetime = isUntold ? rights.lifetime_ms : lifetimeOf(old, rights);
  if (lifetime === null) return undefined;
  if (lifetime !== undefined) return isoTime(now + lifetime);
  if (old.expires_at) return old.expires_at;
  throw unknownField(old, provider, option('expires', '…'), option('expires', 'never'));
}

/** Milliseconds from creation to expiry; null: it never expires; undefined: not known. */
function lifetimeOf(
  old: Pick<Key, 'created_at' | 'expires_at'>,
  rights: Rights | null,
): number | null | undefined {
  if (old.expires_at === undefined) return rights?.lifetime_ms;
  if (old.expires_at === null) return null;
  const granted = old.created_at ? Date.parse(old.expires_at) - Date.parse(old.created_at) : undefined;
  // The end of a key that was rolled is that of its grace, not of its lifetime.
  return rights?.lifetime_ms ?? granted;
}
