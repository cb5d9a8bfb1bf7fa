import { isoTime } from '../domain/clock.js';
import { compact } from '../domain/compact.js';
import { KeysError } from '../domain/errors.js';
import type { Restrictions } from '../domain/restrictions.js';
import { widerRestrictions } from '../domain/restrictions-within.js';
import { hasScope, SCOPE_ALL, SCOPE_OWN, SCOPE_WRITE, scopesLacking } from '../domain/scopes.js';
import { KEYS_POLICY } from './policies/keys.js';
import { isManagement } from './policies/policy.js';
import type { Principal } from './principal.js';

/** What a key may do, where, from where, and for how long. */
export interface PrincipalRights {
  readonly scopes: readonly string[];
  /** Null: every environment. */
  readonly environment: string | null;
  readonly restrictions: Restrictions;
  /** Whose keys `keys:own` reaches; null: nobody's. */
  readonly owner: string | null;
  /** Epoch milliseconds; null: never. */
  readonly expires_at: number | null;
}

/**
 * Throws `forbidden` where a key would get more than its creator has: scopes, environment, restrictions and
 * lifetime. `environments`: those that a request to create it could name instead.
 */
export function requireWithin(
  principal: Principal,
  given: PrincipalRights,
  environments: readonly string[] = [],
): void {
  requireScopes(principal, given);
  requireEnvironment(principal, given, environments);
  const [wider] = widerRestrictions(given.restrictions, principal.restrictions);
  if (wider !== undefined) {
    const own = principal.restrictions[wider]?.join(', ');
    throw new KeysError('forbidden', `this key is restricted (${wider}: ${own}); the other would not be`, {
      hint: `give it ${wider} within these, or use a management key without them`,
      details: { [wider]: principal.restrictions[wider] },
    });
  }
  if (outlives(given.expires_at, principal.expires_at)) {
    const end = isoTime(principal.expires_at ?? 0);
    throw new KeysError('forbidden', `this key expires at ${end}; the other would work longer`, {
      hint: 'give it an expiry that is no later, or use a management key that works longer',
      details: { expires_at: end },
    });
  }
}

/**
 * Throws `forbidden` for a key that can do more than the caller: neither to change nor to revoke. A key that
 * manages keys counts with its restrictions and lifetime; any other with its scopes and environment, so that
 * an office's key can revoke it.
 */
export function requirePower(principal: Principal, target: PrincipalRights): void {
  if (isManagement(target.scopes)) requireWithin(principal, target);
  else {
    requireScopes(principal, target);
    requireEnvironment(principal, target, []);
  }
}

/** Throws `forbidden` where a key changes what limits it. */
export function refuseOwnLimits(principal: Principal, id: string, changes: Partial<PrincipalRights>): void {
  const limits = (['scopes', 'restrictions', 'expires_at'] as const).filter(
    (name) => changes[name] !== undefined,
  );
  if (principal.id !== id || limits.length === 0) return;
  throw new KeysError('forbidden', `a key cannot change its own limits: ${limits.join(', ')}`, {
    hint: 'use another management key',
    details: { members: limits },
  });
}

/**
 * Throws `conflict` where no other key could manage keys as fully and as long as one that is revoked or
 * narrowed.
 */
export function requireOther(
  id: string,
  key: PrincipalRights,
  others: readonly (PrincipalRights & { id: string })[],
): void {
  if (others.some((other) => other.id !== id && replaces(other, key))) return;
  throw new KeysError('conflict', `this is the last key that can manage keys: ${id}`, {
    hint: 'create another management key first, or use force',
    details: { reason: 'last_management_key' },
  });
}

/** Whether a key can create and revoke others. */
export function canManage({ scopes }: Pick<PrincipalRights, 'scopes'>): boolean {
  return hasScope(scopes, SCOPE_WRITE);
}

/** Whether a change takes something from a key's rights. */
export function narrows(before: PrincipalRights, after: PrincipalRights): boolean {
  return !replaces(after, before);
}

/** Whether a key can manage keys as fully and as long as another one. */
export function replaces(other: PrincipalRights, key: PrincipalRights): boolean {
  const management = key.scopes.filter((scope) => scope === SCOPE_ALL || scope === SCOPE_WRITE);
  return (
    scopesLacking(other.scopes, management).length === 0 &&
    reaches(other, key) &&
    widerRestrictions(key.restrictions, other.restrictions).length === 0 &&
    !outlives(key.expires_at, other.expires_at)
  );
}

/**
 * A live key manages keys of every environment; a key of another environment, which sits in less guarded
 * places, manages those of its own. Throws `forbidden` for another.
 */
function requireEnvironment(
  principal: Principal,
  target: OfEnvironment,
  environments: readonly string[],
): void {
  if (reaches(principal, target)) return;
  const { environment } = principal;
  const instead = environments.find((each) => each === environment);
  const other = instead === undefined ? '' : `, or create keys with "environment": "${instead}"`;
  throw new KeysError('forbidden', `environment: a ${environment} key manages ${environment} keys only`, {
    hint: `use a ${WIDEST} management key${other}`,
    details: { reason: 'other_environment', environment: target.environment, ...compact({ instead }) },
  });
}

type OfEnvironment = Pick<PrincipalRights, 'environment'>;

/** Whether the environment of a key lets it manage another one. */
function reaches({ environment }: OfEnvironment, target: OfEnvironment): boolean {
  return environment === null || environment === WIDEST || environment === target.environment;
}

/** Management keys follow this policy under every other one. */
const WIDEST = KEYS_POLICY.environments[0];

function outlives(end: number | null, limit: number | null): boolean {
  return limit !== null && (end === null || end > limit);
}

/**
 * A key can only create, change and revoke keys whose scopes it has itself: throws `forbidden`, naming what
 * it lacks.
 */
function requireScopes(principal: Principal, { scopes, owner }: PrincipalRights): void {
  // The right over one owner's keys is not that over another's.
  const held =
    owner === principal.owner ? principal.scopes : principal.scopes.filter((scope) => scope !== SCOPE_OWN);
  const lacking = scopesLacking(held, scopes);
  if (lacking.length === 0) return;
  throw new KeysError('forbidden', `your key does not have these scopes: ${lacking.join(', ')}`, {
    hint: 'use a management key that has them',
    details: { reason: 'scope_missing', scopes: lacking },
  });
}
