import { KeysError } from '../domain/errors.js';
import { hasScope, SCOPE_ALL, scopesLacking } from '../domain/scopes.js';

/** Who calls: the owner of the database's file, or a key. */
export interface Principal {
  /** `owner`, or the key's id. */
  readonly id: string;
  readonly scopes: readonly string[];
}

/** Who may open the file may do everything. */
export const OWNER: Principal = { id: 'owner', scopes: [SCOPE_ALL] };

/** Throws `forbidden`, naming the scope that the caller lacks. */
export function requireScope(principal: Principal, scope: string): void {
  if (hasScope(principal.scopes, scope)) return;
  throw new KeysError('forbidden', `this key lacks the scope ${scope}`, {
    hint: `managing keys takes a management key: one with the scope ${scope}`,
    details: { scope },
  });
}

/** Nobody hands out what they do not have: throws `forbidden`, naming what the caller lacks. */
export function requireOwnScopes(principal: Principal, wanted: readonly string[]): void {
  const lacking = scopesLacking(principal.scopes, wanted);
  if (lacking.length === 0) return;
  throw new KeysError('forbidden', `this key cannot hand out scopes that it lacks: ${lacking.join(', ')}`, {
    hint: 'use a management key that has them',
    details: { scopes: lacking },
  });
}
