import { ENVIRONMENTS, KEY_TYPES } from '../../domain/key.js';
import { hasScope } from '../../domain/scopes.js';
import { COMMON, type Policy } from './policy.js';

/** The documented key endpoints: test and live keys, scopes, restrictions by address, referrer and endpoint. */
export const KEYS_POLICY: Policy = {
  ...COMMON,
  id: 'keys',
  title: 'the documented key endpoints',
  environments: ENVIRONMENTS,
  types: KEY_TYPES,
  prefix: (type, environment) => `${type === 'secret' ? 'sk' : 'pk'}_${environment}_`,
  placements: [...COMMON.placements, { header: 'x-api-key', form: 'bare' }],
  scopes: true,
  restrictions: true,
  grants: (key, scope) => hasScope(key.scopes, scope),
  roll: { kind: 'any', defaultSeconds: 12 * 3600 },
};
