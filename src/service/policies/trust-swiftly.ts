import { SYSTEMS } from '../../domain/systems.js';
import { type Policy, policyOn } from './policy.js';

/**
 * Trust Swiftly: one kind of key with full access; a User-Agent with every request; two rate limits; errors
 * of its own shape.
 */
export const TRUST_SWIFTLY_POLICY: Policy = policyOn(SYSTEMS.trustSwiftly, {
  userAgentRequired: true,
  rateLimits: [
    { requests: 5, seconds: 1 },
    { requests: 300, seconds: 60 },
  ],
  errors: 'error_type',
});
