import { refuseSecrets } from '../../domain/holds-secret.js';
import type { CreateKey } from '../../domain/key-service.js';
import { createRequest } from '../../http/wire/request-schemas.js';
import { findPolicy, policyOf } from '../policies/find-policy.js';
import { validate } from '../validate.js';
import { refuseNewKey } from './new-key.js';

/** Throws as a service under this policy would refuse the request, before a caller is known. */
export function refuseWhatServiceWould(input: CreateKey, policyId: string, nowMs: number): void {
  const request = validate(createRequest(), input) as CreateKey;
  refuseSecrets(request);
  refuseNewKey(request, policyOf({ scopes: request.scopes ?? [] }, findPolicy(policyId)), nowMs);
}
