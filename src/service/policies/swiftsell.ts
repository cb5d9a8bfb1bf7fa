import { SYSTEMS } from '../../domain/systems.js';
import { type Policy, policyOn } from './policy.js';

/**
 * Swiftsell: its examples have the bare key in x-api-key, its text a Bearer token. The key is accepted in
 * both headers and forms.
 */
export const SWIFTSELL_POLICY: Policy = policyOn(SYSTEMS.swiftsell, {
  placements: [
    { header: SYSTEMS.swiftsell.header, form: 'bare' },
    { header: 'authorization', form: 'bearer' },
    { header: 'authorization', form: 'bare' },
  ],
});
