import { SYSTEMS } from '../../domain/systems.js';
import { bearer, defineProvider } from '../define-provider.js';
import { factsOf } from '../facts-of.js';

/**
 * Jahuty: public and secret keys of an organization, created in the dashboard; a roll leaves the old one 12
 * hours.
 */
export const jahuty = defineProvider({
  ...factsOf(SYSTEMS.jahuty),
  documentation: 'https://docs.jahuty.com',
  baseUrl: 'https://api.jahuty.com',
  variables: { secret: 'JAHUTY_API_KEY' },
  auth: bearer,
  accepts: { expires_at: 'any time' },
  dashboard: {
    url: 'https://www.jahuty.com',
    create: [
      'log in at https://www.jahuty.com',
      'Organization → Settings → API keys → New API key',
      'name it {name}; choose {type}; an expiration date if it should end ({expires})',
      'copy the key',
    ],
    roll: {
      steps: [
        'Organization → Settings → API keys',
        'the ellipsis beside {name} → Roll',
        'if it asks for an expiration date ({expires}), enter it',
        'copy the new key',
      ],
      grace: SYSTEMS.jahuty.grace,
    },
    revoke: ['Organization → Settings → API keys', 'the ellipsis beside {name} → Delete'],
  },
  notes: [
    'A secret key is for servers only; a public one identifies the organization, has few permissions and may be published.',
    'Public and secret keys look alike.',
    'Every organization has a public key from the start, the Default API Key.',
    'One key for each integration; a shared key is a new key that is named for it.',
  ],
});
