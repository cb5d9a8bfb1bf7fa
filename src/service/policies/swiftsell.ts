import { COMMON, type Policy } from './policy.js';

/** Swiftsell: keys that begin with `ss_`, in x-api-key, bare or (as its text says) as a Bearer token; no roll. */
export const SWIFTSELL_POLICY: Policy = {
  ...COMMON,
  id: 'swiftsell',
  title: 'Swiftsell',
  prefix: () => 'ss_',
  placements: [
    { header: 'x-api-key', form: 'bearer' },
    { header: 'x-api-key', form: 'bare' },
  ],
};
