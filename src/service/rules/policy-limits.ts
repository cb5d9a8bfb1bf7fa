import { KeysError } from '../../domain/errors.js';
import { type Expresses, requireExpressible } from '../../domain/expressible.js';
import type { CreateKey, UpdateKey } from '../../domain/key-service.js';
import { isManagementScope, type Policy } from '../policies/policy.js';

/** Throws `invalid_request` or `unsupported` for what keys under this policy do not have. */
export function refuseWhatPolicyLacks(request: CreateKey | UpdateKey, policy: Policy, nowMs: number): void {
  refusePublicManagement('type' in request ? request.type : undefined, request.scopes);
  requireExpressible(expressedBy(policy), request, nowMs);
}

/** Every create asks, and the answer stays the same. */
const expressed = new WeakMap<Policy, Expresses>();

/** What keys under a policy can have. */
function expressedBy(policy: Policy): Expresses {
  const known = expressed.get(policy) ?? expressible(policy);
  expressed.set(policy, known);
  return known;
}

function expressible({ id, title, environments, types, scopes, restrictions }: Policy): Expresses {
  const places = { ips: 'addresses', referrers: 'pages', endpoints: 'endpoints' };
  return {
    ...{ id, title, environments, types, updates: [], keepsMetadata: true, options: [] },
    accepts: {
      ...(scopes ? { scopes: { about: 'words joined by colons' } } : {}),
      ...(restrictions ? places : {}),
      limits: 'a rate, a quota, a number of uses',
      expires_at: 'any time',
      owner: 'a text',
      service: 'a text',
    },
  };
}

/** Management keys cannot have limits: one could run out in the middle of a job. Throws `invalid_request`. */
export function refuseLimitedManagement({
  scopes = [],
  limits = {},
}: Pick<CreateKey, 'scopes' | 'limits'>): void {
  const managing = Object.keys(limits).length > 0 ? scopes.find(isManagementScope) : undefined;
  if (managing === undefined) return;
  throw new KeysError('invalid_request', `limits: a key that has ${managing} cannot have them`, {
    hint: 'limits are for keys that use an API; give management keys an expiry and addresses instead',
    details: { member: 'limits' },
  });
}

/**
 * A public key may be published: it never manages keys and never has every right. Throws `invalid_request`.
 */
function refusePublicManagement(type: string | undefined, scopes: readonly string[] | undefined): void {
  const wide = type === 'public' ? scopes?.find(isManagementScope) : undefined;
  if (wide === undefined) return;
  throw new KeysError('invalid_request', `scopes: a public key cannot have ${wide}`, {
    hint: 'a public key may be published, so it has few rights; create a secret key for this',
    details: { member: 'scopes' },
  });
}
