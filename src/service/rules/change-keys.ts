import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { refuseSecrets } from '../../domain/holds-secret.js';
import { normalLimits } from '../../domain/key-limits.js';
import type { KeyService, UpdateKey } from '../../domain/key-service.js';
import { scopesLacking } from '../../domain/scopes.js';
import { ROUTES } from '../../http/wire/routes.js';
import { keyRecord, statusOf } from '../key-record.js';
import { policyOf } from '../policies/find-policy.js';
import { type Principal, refuseOtherOwner, requireReach } from '../principal.js';
import { readRequest } from '../read-request.js';
import {
  canManage,
  narrows,
  type PrincipalRights,
  refuseOwnLimits,
  requireOther,
  requirePower,
  requireWithin,
} from '../rights.js';
import type { KeyRow, KeyRowChanges, ManagementGuard } from '../store/key-store.js';
import type { Caller } from './caller.js';
import { futureTime } from './new-row.js';
import { refuseLimitedManagement, refuseWhatPolicyLacks } from './policy-limits.js';

/** What a request may change: a pause is `enabled: false`. */
type Changes = UpdateKey & { readonly enabled?: boolean };

/** Updates, pauses and revokes keys. */
export function changeKeys(
  caller: Caller,
): Required<Pick<KeyService, 'update' | 'pause' | 'unpause' | 'revoke'>> {
  const { principal, store, clock, policy: databasePolicy, tell, find } = caller;
  const byNow = () => ({ actor: principal.id, at: clock.now() });
  const update: KeyService['update'] = async (id, input, { force = false } = {}) => {
    const owner = requireReach(principal, ROUTES.update.scope);
    const changes = await readRequest('updateRequest', input);
    refuseSecrets(changes);
    refuseOtherOwner(owner, changes.owner);
    const row = await find(id, owner);
    const columns = rowChanges(row, changes, clock.now(), await lostSuccessor(row, caller));
    refuseOwnLimits(principal, id, columns);
    requirePower(principal, row);
    if (Object.keys(columns).length === 0) return keyRecord(row, clock.now());
    const after = { ...row, ...columns };
    requireChangeWithin(principal, row, after, columns);
    refuseLimitedManagement(after);
    refuseWhatPolicyLacks({ ...changes, type: row.type }, policyOf(row, databasePolicy), clock.now());
    const less = narrows(row, after) || changes.enabled === false;
    const guard = !force && less ? keepOther(row, clock.now()) : undefined;
    if (!(await store.update(id, columns, byNow(), guard))) {
      // Rolled or revoked since it was read: the rules say which.
      const now = await find(id);
      rowChanges(now, changes, clock.now(), await lostSuccessor(now, caller));
      throw new KeysError('conflict', `the key changed while it was updated: ${id}`, { hint: 'try again' });
    }
    return keyRecord(await find(id), clock.now());
  };
  const enable = (enabled: boolean): Changes => ({ enabled });
  return {
    update,
    pause: (id, options) => update(id, enable(false), options),
    unpause: (id) => update(id, enable(true)),

    async revoke(id, { force = false } = {}) {
      const owner = requireReach(principal, ROUTES.revoke.scope);
      const row = await find(id, owner);
      requirePower(principal, row);
      const by = byNow();
      await store.revoke(id, by, force ? undefined : keepOther(row, by.at));
      if (row.revoked_at === null) tell('key.revoked', { ...row, revoked_at: by.at });
    },
  };
}

/**
 * Lets a management key be narrowed or revoked only where another is left; undefined for other keys and for
 * those that have expired.
 */
function keepOther(row: KeyRow, now: number): ManagementGuard | undefined {
  if (!canManage(row) || statusOf(row, now) !== 'active') return undefined;
  return (keys) => requireOther(row.id, row, keys);
}

/**
 * Throws `forbidden` where what an update sets is more than its caller has. New scopes count with the limits
 * they come under.
 */
function requireChangeWithin(
  principal: Principal,
  before: PrincipalRights,
  after: PrincipalRights,
  { restrictions = principal.restrictions, expires_at = principal.expires_at }: KeyRowChanges,
): void {
  const adds = scopesLacking(before.scopes, after.scopes).length > 0 || before.owner !== after.owner;
  const { environment, owner } = after;
  requireWithin(principal, adds ? after : { scopes: [], environment, restrictions, owner, expires_at });
}

/**
 * Whether the key was rolled and its successor is revoked: then the key may live on, where the policy lets a
 * grace be chosen.
 */
async function lostSuccessor(row: KeyRow, { find, policy }: Caller): Promise<boolean> {
  if (row.rolled_to === null || policyOf(row, policy).roll?.kind !== 'any') return false;
  return (await find(row.rolled_to)).revoked_at !== null;
}

function rowChanges(row: KeyRow, changes: Changes, now: number, successorIsRevoked: boolean): KeyRowChanges {
  if (row.revoked_at !== null) {
    throw new KeysError('conflict', `a revoked key cannot be changed: ${row.id}`, {
      hint: 'create a new one',
    });
  }
  const { expires_at, enabled, limits, ...others } = changes;
  const paused = row.paused_at !== null;
  const rest = {
    ...others,
    ...compact({ limits: limits && normalLimits(limits) }),
    // A key that is paused already keeps its time.
    ...(enabled === undefined || enabled !== paused ? {} : { paused_at: enabled ? null : now }),
  };
  if (expires_at === undefined) return rest;
  const at = futureTime(expires_at, now);
  const rolled = row.rolled_to !== null && row.expires_at !== null;
  if (rolled && successorIsRevoked) return { ...rest, expires_at: at, rolled_to: null };
  if (rolled && (at === null || at > (row.expires_at ?? 0))) {
    throw new KeysError('conflict', `a rolled key cannot outlive its grace: ${row.id}`, {
      hint: 'use the key that succeeded it',
    });
  }
  return { ...rest, expires_at: at };
}
