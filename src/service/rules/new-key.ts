import { requireOwnSlot } from '../../domain/expressible.js';
import { refuseSecrets } from '../../domain/holds-secret.js';
import type { CreateKey } from '../../domain/key-service.js';
import type { Policy } from '../policies/policy.js';
import { readRequest } from '../read-request.js';
import { refuseLimitedManagement, refuseWhatPolicyLacks } from './policy-limits.js';

/** The request as the rules take it. Throws `invalid_request`, also for one that holds a secret. */
export async function readNewKey(input: CreateKey): Promise<CreateKey> {
  const request = await readRequest('createRequest', input);
  refuseSecrets(request);
  return request;
}

/** Throws for what no new key of this policy can have, whoever creates it. */
export function refuseNewKey(request: CreateKey, policy: Policy, nowMs: number): void {
  refuseLimitedManagement(request);
  refuseWhatPolicyLacks(request, policy, nowMs);
  requireOwnSlot(policy, request);
}
