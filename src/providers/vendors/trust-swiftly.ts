import { SYSTEMS } from '../../domain/systems.js';
import { bearer, defineProvider } from '../define-provider.js';
import { factsOf } from '../facts-of.js';

/** Trust Swiftly: one secret key with full access, created in the dashboard. */
export const trustSwiftly = defineProvider({
  ...factsOf(SYSTEMS.trustSwiftly),
  documentation: 'https://docs.trustswiftly.com',
  baseUrl: 'https://{sub_domain}.trustswiftly.com',
  context: [{ name: 'sub_domain', about: 'the sub-domain of your account', required: true }],
  variables: { secret: 'TRUST_SWIFTLY_API_KEY' },
  auth: bearer,
  check: { method: 'GET', path: '/api/settings/templates/verifications' },
  webhook: { header: 'signature', signedWith: 'signing_secret', variable: 'TRUST_SWIFTLY_WEBHOOK_SECRET' },
  dashboard: {
    url: 'https://app.trustswiftly.com',
    create: [
      'log in at https://app.trustswiftly.com (API access is for paid plans only)',
      'Settings → API → Generate New Key (on some accounts: Developer → Create Token)',
      'name it {name}, so that its use can be tracked',
      'copy the key: it is shown once',
    ],
    revoke: ['Settings → API', 'revoke the key {name}'],
  },
  notes: [
    'A key grants full access.',
    'Every request needs a User-Agent; without one the response is 403.',
    '300 requests a minute and 5 a second.',
    'A compromised key: revoke it at once, then generate a new one and update the application.',
  ],
});
