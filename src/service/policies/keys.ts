import { hasScope } from '../../domain/scopes.js';
import { SYSTEMS } from '../../domain/systems.js';
import { type Policy, policyOn } from './policy.js';

/**
 * The documented key endpoints: test and live keys, scopes, restrictions by address, referrer and endpoint.
 */
export const KEYS_POLICY: Policy = policyOn(SYSTEMS.keys, {
  placements: [
    { header: 'authorization', form: 'bearer' },
    { header: 'x-api-key', form: 'bare' },
  ],
  scopes: true,
  grants: (key, scope) => hasScope(key.scopes, scope),
});
