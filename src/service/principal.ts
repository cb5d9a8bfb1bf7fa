import { KeysError } from '../domain/errors.js';
import type { Restrictions } from '../domain/restrictions.js';
import { hasScope, SCOPE_ALL } from '../domain/scopes.js';

/** Who calls: the owner of the database's file, or a key, with what limits it. */
export interface Principal {
  /** `owner`, or the key's id. */
  readonly id: string;
  readonly scopes: readonly string[];
  readonly restrictions: Restrictions;
  /** Epoch milliseconds; null: never. */
  readonly expires_at: number | null;
}

/** A caller that can open the database file has all rights. */
export const OWNER: Principal = { id: 'owner', scopes: [SCOPE_ALL], restrictions: {}, expires_at: null };

/** Throws `forbidden`, naming the scope that the caller lacks. */
export function requireScope(principal: Principal, scope: string): void {
  if (hasScope(principal.scopes, scope)) return;
  throw new KeysError('forbidden', `this key lacks the scope ${scope}`, {
    hint: `managing keys takes a management key: a caller that has one creates yours with POST /v1/api-keys and "scopes": ["${scope}"]`,
    details: { reason: 'scope_missing', scope },
  });
}
