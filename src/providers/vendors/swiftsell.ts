import { SYSTEMS } from '../../domain/systems.js';
import { defineProvider, headerAuth } from '../define-provider.js';
import { factsOf } from '../facts-of.js';

/** Swiftsell: named keys that begin with `ss_`, created in the dashboard. */
export const swiftsell = defineProvider({
  ...factsOf(SYSTEMS.swiftsell),
  documentation: 'https://app.swiftsellai.com',
  baseUrl: 'https://app.swiftsellai.com',
  variables: { secret: 'SWIFTSELL_API_KEY' },
  auth: headerAuth(SYSTEMS.swiftsell.header),
  dashboard: {
    url: 'https://app.swiftsellai.com',
    create: [
      'log in at https://app.swiftsellai.com',
      'Settings → API Keys → Create API Key',
      'name it {name}: one key for each integration',
      'copy the key: it is shown once and cannot be shown again',
    ],
    revoke: [
      'see to it that no integration uses the key any more: it is invalid at once',
      'Settings → API Keys',
      'the trash icon beside {name}, and confirm',
    ],
  },
  notes: [
    'The key goes bare into x-api-key.',
    'No request without a side effect is known, so a key is not checked live.',
    'Delete keys that were long unused: the dashboard shows when each was last used.',
  ],
});
