import { COMMON, type Policy } from './policy.js';

/**
 * Tylt: a pair for each service and environment; the API key identifies, the secret key signs every request and is never
 * sent; a new pair ends the service's previous one.
 */
export const TYLT_POLICY: Policy = {
  ...COMMON,
  id: 'tylt',
  title: 'Tylt',
  environments: ['production', 'demo'],
  credential: 'pair',
  placements: [
    { header: 'x-tlp-apikey', form: 'bare' },
    { header: 'authorization', form: 'bearer' },
    { header: 'authorization', form: 'bare' },
  ],
  signatureHeader: 'x-tlp-signature',
  roll: { kind: 'none' },
  supersedes: true,
};
