import { KeysError } from '../domain/errors.js';
import type { Restrictions } from '../domain/restrictions.js';
import {
  hasScope,
  SCOPE_ALL,
  SCOPE_CREATE,
  SCOPE_OWN,
  SCOPE_READ,
  SCOPE_VERIFY,
  SCOPE_WRITE,
} from '../domain/scopes.js';

/** Who calls: the owner of the database's file, or a key, with what limits it. */
export interface Principal {
  /** `owner`, or the key's id. */
  readonly id: string;
  readonly scopes: readonly string[];
  /** Null: every environment. */
  readonly environment: string | null;
  readonly restrictions: Restrictions;
  /** Whose key it is; null: nobody's. */
  readonly owner: string | null;
  /** Epoch milliseconds; null: never. */
  readonly expires_at: number | null;
}

/** A caller that can open the database file has all rights. */
export const OWNER: Principal = {
  id: 'owner',
  scopes: [SCOPE_ALL],
  environment: null,
  restrictions: {},
  owner: null,
  expires_at: null,
};

/** Throws `forbidden`, naming the scope that the caller lacks. */
export function requireScope(principal: Principal, scope: string): void {
  if (hasScope(principal.scopes, scope)) return;
  throw new KeysError('forbidden', `this key lacks the scope ${scope}`, {
    hint: `managing keys takes a management key: a caller that has one creates yours with POST /v1/api-keys and "scopes": ${scopesFor(scope)}`,
    details: { reason: 'scope_missing', scope },
  });
}

/** The scopes of a key for this work: a caller that changes keys also looks them up. */
function scopesFor(scope: string): string {
  if (scope === SCOPE_VERIFY) return `["${scope}"]`;
  const all = `["${SCOPE_READ}", "${SCOPE_WRITE}"]`;
  if (scope === SCOPE_READ) return `${all}, or ["${scope}"] to read alone`;
  return scope === SCOPE_CREATE ? `${all}, or ["${scope}"] to create alone` : all;
}

/**
 * The owner whose keys alone the caller may reach; null: every key. Throws `forbidden` for a caller that has
 * neither the scope nor `keys:own` with an owner.
 */
export function requireReach(principal: Principal, scope: string): string | null {
  if (hasScope(principal.scopes, scope)) return null;
  if (!principal.scopes.includes(SCOPE_OWN)) requireScope(principal, scope);
  if (principal.owner !== null) return principal.owner;
  throw new KeysError('forbidden', `this key has ${SCOPE_OWN}, but no owner`, {
    hint: 'set an owner for it with a management key, or use one that has the scope itself',
    details: { reason: 'scope_missing', scope },
  });
}

/** Throws `forbidden` where a caller that reaches one owner's keys would give a key to another. */
export function refuseOtherOwner(reach: string | null, owner: string | null | undefined): void {
  if (reach === null || owner === undefined || owner === reach) return;
  throw new KeysError('forbidden', `owner: this key manages the keys of ${reach} alone`, {
    hint: 'leave out the owner',
    details: { member: 'owner' },
  });
}
