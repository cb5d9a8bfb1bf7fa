import { KEY_TYPES } from '../../domain/key.js';
import { COMMON, isManagementScope, type Policy } from './policy.js';

/** Jahuty: public keys that may read and secret ones that may do all, not told apart by form; a roll leaves 12 hours. */
export const JAHUTY_POLICY: Policy = {
  ...COMMON,
  id: 'jahuty',
  title: 'Jahuty',
  types: KEY_TYPES,
  grants: (key, scope) => !isManagementScope(scope) && (key.type === 'secret' || scope.endsWith(':read')),
  roll: { kind: 'fixed', seconds: 12 * 3600 },
  firstKeys: [{ name: 'Default API Key', type: 'public' }],
};
