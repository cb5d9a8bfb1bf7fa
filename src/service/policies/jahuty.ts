import { SYSTEMS } from '../../domain/systems.js';
import { isManagementScope, type Policy, policyOn } from './policy.js';

/** Jahuty: public keys that may read and secret ones that may do all, not told apart by form. */
export const JAHUTY_POLICY: Policy = policyOn(SYSTEMS.jahuty, {
  grants: (key, scope) => !isManagementScope(scope) && (key.type === 'secret' || scope.endsWith(':read')),
  firstKeys: [{ name: 'Default API Key', type: 'public' }],
});
