import { defineProvider, signedAuth } from '../define-provider.js';

/** Tylt: a pair for each service and environment; the API key identifies, the secret key signs. */
export const tylt = defineProvider({
  id: 'tylt',
  title: 'Tylt',
  documentation: 'https://docs.tylt.money',
  baseUrl: 'https://api.tylt.money',
  environments: ['production', 'demo'],
  variables: { api_key: 'TYLT_API_KEY', secret_key: 'TYLT_SECRET_KEY' },
  auth: signedAuth('x-tlp-apikey', 'x-tlp-signature'),
  supersedes: true,
  signs: true,
  roll: { by: 'provider', grace: { kind: 'none' } },
  check: { method: 'GET', path: '/transactions/merchant/getAccountBalance' },
  webhook: { header: 'x-tlp-signature', signedWith: 'secret_key', variable: 'TYLT_SECRET_KEY', answer: 'ok' },
  dashboard: {
    url: 'https://app.tylt.money',
    create: [
      'log in to the Tylt dashboard',
      'Settings → API Keys',
      'select the service ({service})',
      'Generate Key',
      'copy both parts, API Key and Secret Key: they are only visible now',
    ],
    roll: {
      steps: ['Settings → API Keys', 'select the service ({service})', 'Generate Key', 'copy both parts'],
      grace: { kind: 'none' },
      warning: 'a new pair may end the pair that the service uses now, at once',
    },
    revoke: [
      'no way to delete a pair is documented; generating a new one for its service ends it',
      'Settings → API Keys, select the service ({service}), Generate Key',
    ],
  },
  notes: [
    'A pair belongs to one service in one environment: demo or production.',
    'No address of the demo environment is published: say it with --base-url.',
    'The secret key signs requests and verifies webhooks; it is never sent.',
    'A lost pair cannot be retrieved: generate a new one and update every integration.',
  ],
});
