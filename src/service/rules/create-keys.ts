import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import type { CreatedKey } from '../../domain/key.js';
import type { CreateKey } from '../../domain/key-service.js';
import { hasScope, SCOPE_OWN } from '../../domain/scopes.js';
import { ROUTES } from '../../http/wire/routes.js';
import { createRow, respondOnce } from '../create-row.js';
import { keyRecord } from '../key-record.js';
import { idempotencyDigest } from '../one-time-response.js';
import { policyOf } from '../policies/find-policy.js';
import type { Policy } from '../policies/policy.js';
import { type Principal, refuseOtherOwner, requireReach } from '../principal.js';
import { type PrincipalRights, requireWithin } from '../rights.js';
import type { KeyRow, SupersedeGuard } from '../store/key-store.js';
import type { Caller } from './caller.js';
import { encryptionKeyGuard } from './encryption-key-guard.js';
import { readNewKey, refuseNewKey } from './new-key.js';
import { environmentOf, newRow } from './new-row.js';
import { requirePolicy } from './require-policy.js';
import type { ServedKeys } from './served-keys.js';

/** Creates keys, and drops responses whose key has arrived. */
export function createKeys(caller: Caller): Pick<ServedKeys, 'create' | 'acknowledge'> {
  const { principal, store, clock, policy: databasePolicy, cipher, tell, find } = caller;
  return {
    async create(input, { idempotencyKey }) {
      const owner = requireReach(principal, ROUTES.create.scope);
      const asked = await readNewKey(input);
      refuseOtherOwner(owner, asked.owner);
      const request = owner === null ? asked : { ...asked, owner };
      const policy = policyOf({ scopes: request.scopes ?? [] }, databasePolicy);
      requireWithin(principal, rightsAskedFor(request, policy), policy.environments);
      refuseNewKey(request, policy, clock.now());
      await requirePolicy(store, databasePolicy);
      const guard = await encryptionKeyGuard(caller, policy);
      const creation = {
        principal,
        route: `${ROUTES.create.method} ${ROUTES.create.path}`,
        body: request,
        idempotencyKey,
      };
      let row: KeyRow | undefined;
      let superseded: readonly string[] = [];
      const created = await respondOnce<CreatedKey>(
        store,
        clock,
        creation,
        () => {
          const fresh = createRow(newRow(request, policy, clock.now()), policy, cipher);
          row = fresh.row;
          return { key: keyRecord(fresh.row, clock.now()), credential: fresh.credential };
        },
        async (_, by) => {
          const supersede = policy.supersedes ? supersedeGuard(principal) : undefined;
          if (row) superseded = await store.insert(row, by, { ...compact({ supersede }), ...guard });
        },
      );
      for (const id of superseded) tell('key.superseded', await find(id));
      if (row?.id === created.key.id) tell('key.created', row);
      return created;
    },

    async acknowledge(id, { idempotencyKey }) {
      requireReach(principal, ROUTES.acknowledge.scope);
      const digest = idempotencyKey === undefined ? null : idempotencyDigest(idempotencyKey);
      const kept = digest === null ? null : await store.response(digest);
      if (digest === null || kept === null || kept.key_id !== id || kept.principal !== principal.id) {
        throw new KeysError('not_found', `no response is kept for this request and key: ${id}`);
      }
      await store.dropSealed(digest, clock.now());
    },
  };
}

/**
 * Lets a create revoke the previous pairs of its service and environment only where the caller may revoke
 * them: those that only create keys, or manage those of one owner, would end what is not theirs.
 */
function supersedeGuard(principal: Principal): SupersedeGuard {
  return (owner) => {
    if (hasScope(principal.scopes, ROUTES.revoke.scope)) return;
    if (principal.scopes.includes(SCOPE_OWN) && principal.owner !== null && principal.owner === owner) return;
    throw new KeysError(
      'forbidden',
      'this key would revoke the previous one of its service and environment, which you may not revoke',
      {
        hint: `use another service or environment, or a management key that has ${ROUTES.revoke.scope}`,
        details: { reason: 'scope_missing', scope: ROUTES.revoke.scope },
      },
    );
  };
}

function rightsAskedFor(request: CreateKey, policy: Policy): PrincipalRights {
  const { scopes = [], restrictions = {}, owner = null, expires_at = null } = request;
  const environment = environmentOf(request, policy);
  const end = expires_at === null ? null : Date.parse(expires_at);
  return { scopes, environment, restrictions, owner, expires_at: end };
}
