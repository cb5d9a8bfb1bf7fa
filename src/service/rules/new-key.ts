import { requireOwnSlot } from '../../domain/expressible.js';
import { refuseSecrets } from '../../domain/holds-secret.js';
import type { CreateKey } from '../../domain/key-service.js';
import { createRequest } from '../../http/wire/request-schemas.js';
import { findPolicy, policyOf } from '../policies/find-policy.js';
import type { Policy } from '../policies/policy.js';
import { validate } from '../validate.js';
import { refuseLimitedManagement, refuseWhatPolicyLacks } from './policy-limits.js';

/** The request as its schema reads it. Throws `invalid_request`, also for one that holds a secret. */
export function readNewKey(input: CreateKey): CreateKey {
  const request = validate(createRequest(), input) as CreateKey;
  refuseSecrets(request);
  return request;
}

/** Throws for what no new key of this policy can have, whoever creates it. */
export function refuseNewKey(request: CreateKey, policy: Policy, nowMs: number): void {
  refuseLimitedManagement(request);
  refuseWhatPolicyLacks(request, policy, nowMs);
  requireOwnSlot(policy, request);
}

/** Throws as a service under this policy would refuse the request, before a caller is known. */
export function refuseWhatServiceWould(input: CreateKey, policyId: string, nowMs: number): void {
  const request = readNewKey(input);
  refuseNewKey(request, policyOf({ scopes: request.scopes ?? [] }, findPolicy(policyId)), nowMs);
}
