import { SYSTEMS } from '../../domain/systems.js';
import { type Policy, policyOn } from './policy.js';

/** Swiftsell: the key is in x-api-key, bare or (as its documentation says) as a Bearer token. */
export const SWIFTSELL_POLICY: Policy = policyOn(SYSTEMS.swiftsell, {
  placements: [
    { header: SYSTEMS.swiftsell.header, form: 'bearer' },
    { header: SYSTEMS.swiftsell.header, form: 'bare' },
  ],
});
