/** Managing keys takes these: to see records and the audit trail, to change keys, to judge them. A key without them can only be used. */
export const SCOPE_READ = 'keys:read';
export const SCOPE_WRITE = 'keys:write';
export const SCOPE_VERIFY = 'keys:verify';
/** Every scope: the first management key of a service has it, so that it may hand out any other. */
export const SCOPE_ALL = '*';

/** What a scope may look like: `*`, or words of letters, digits, `.`, `_`, `-` and `/` joined by colons. */
export const SCOPE_PATTERN = /^(\*|[A-Za-z0-9][A-Za-z0-9._/-]*(:[A-Za-z0-9*][A-Za-z0-9._*/-]*)*)$/;

export function hasScope(held: readonly string[], wanted: string): boolean {
  return held.includes(SCOPE_ALL) || held.includes(wanted);
}

/** The scopes among `wanted` that `held` does not cover. */
export function scopesLacking(held: readonly string[], wanted: readonly string[]): string[] {
  return wanted.filter((scope) => !hasScope(held, scope));
}
