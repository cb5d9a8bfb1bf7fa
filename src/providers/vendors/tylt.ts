import { SYSTEMS } from '../../domain/systems.js';
import { defineProvider, signedAuth } from '../define-provider.js';
import { factsOf } from '../facts-of.js';

/** Tylt: a pair for each service and environment; the API key identifies, the secret key signs. */
export const tylt = defineProvider({
  ...factsOf(SYSTEMS.tylt),
  documentation: 'https://docs.tylt.money',
  baseUrl: 'https://api.tylt.money',
  variables: { api_key: 'TYLT_API_KEY', secret_key: 'TYLT_SECRET_KEY' },
  auth: signedAuth(SYSTEMS.tylt.header, SYSTEMS.tylt.signatureHeader),
  signs: true,
  check: { method: 'GET', path: '/transactions/merchant/getAccountBalance' },
  webhook: {
    header: SYSTEMS.tylt.signatureHeader,
    signedWith: 'secret_key',
    variable: 'TYLT_SECRET_KEY',
    response: 'ok',
  },
  dashboard: {
    url: 'https://app.tylt.money',
    environment: SYSTEMS.tylt.environments[0],
    create: [
      'log in to the Tylt dashboard of the {environment} environment',
      'Settings → API Keys',
      'select the service ({service})',
      'Generate Key',
      'copy both parts, API Key and Secret Key: they are only visible now',
    ],
    roll: {
      steps: [
        'the Tylt dashboard of the {environment} environment: Settings → API Keys',
        'select the service ({service})',
        'Generate Key',
        'copy both parts',
      ],
      grace: SYSTEMS.tylt.grace,
      warning: 'a new pair may end the pair that the service uses now, at once',
    },
    revoke: [
      'no way to delete a pair is documented; generating a new one for its service ends it',
      'the {environment} environment: Settings → API Keys, select the service ({service}), Generate Key',
    ],
  },
  notes: [
    'A pair belongs to one service in one environment: demo or production.',
    'A new or imported pair needs both: --service and --environment, or the prompts.',
    'A demo pair is sent to the demo address only. Tylt publishes none: name it with --base-url, or in a profile of its own (--environment demo).',
    'A profile with that address and its environment is guided through the dashboard, as the provider alone is.',
    'A pair on stdin or in variables that the ledger does not know needs --environment production or demo; its form does not say it.',
    'The secret key signs requests and verifies webhooks; it is never sent.',
    'A lost pair cannot be retrieved: generate a new one and update every integration.',
  ],
});
