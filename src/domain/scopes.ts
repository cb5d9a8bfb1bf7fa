/** To read records and the audit trail. A key without one of the `keys:` scopes can only be used. */
export const SCOPE_READ = 'keys:read';
/** To create keys and nothing else: for CI. `keys:write` includes it. */
export const SCOPE_CREATE = 'keys:create';
/** To create, change, roll and revoke keys. */
export const SCOPE_WRITE = 'keys:write';
/**
 * To list, create, change, pause, roll and revoke keys of the same owner as one's own, and to see their
 * usage.
 */
export const SCOPE_OWN = 'keys:own';
/** To ask whether a key is valid. */
export const SCOPE_VERIFY = 'keys:verify';
/** Every scope. The first management key of a service has it, so it can create keys with any scope. */
export const SCOPE_ALL = '*';

/** What a scope may look like: `*`, or words of letters, digits, `.`, `_`, `-` and `/` joined by colons. */
export const SCOPE_PATTERN = /^(\*|[A-Za-z0-9][A-Za-z0-9._/-]*(:[A-Za-z0-9*][A-Za-z0-9._*/-]*)*)$/;

export function hasScope(held: readonly string[], wanted: string): boolean {
  if (held.includes(SCOPE_ALL) || held.includes(wanted)) return true;
  if (wanted === SCOPE_OWN) return held.includes(SCOPE_READ) && held.includes(SCOPE_WRITE);
  return wanted === SCOPE_CREATE && held.includes(SCOPE_WRITE);
}

/** The scopes among `wanted` that `held` does not cover. */
export function scopesLacking(held: readonly string[], wanted: readonly string[]): string[] {
  return wanted.filter((scope) => !hasScope(held, scope));
}
