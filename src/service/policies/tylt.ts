import { SYSTEMS } from '../../domain/systems.js';
import { type Policy, policyOn } from './policy.js';

/**
 * Tylt: a pair for each service and environment. The API key identifies; the secret key signs every request
 * and is never sent. Management keys, which are no pairs, are in the authorization header.
 */
export const TYLT_POLICY: Policy = policyOn(SYSTEMS.tylt, {
  placements: [
    { header: SYSTEMS.tylt.header, form: 'bare' },
    { header: 'authorization', form: 'bearer' },
    { header: 'authorization', form: 'bare' },
  ],
});
