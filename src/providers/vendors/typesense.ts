import { headerAuth } from '../define-provider.js';
import { expiry, flag, provider, text, texts } from '../language/index.js';

/** What stands for "never": the last second of the year 4020. */
const NEVER = 64_723_363_199;

/**
 * Typesense, self-hosted or in its cloud: ids are numbers, ends are epoch seconds. Source:
 * typesense/typesense@4a092b04 src/core_api.cpp, src/auth_manager.cpp; typesense/typesense-api-spec@9963d6c.
 */
export const typesense = provider({
  id: 'typesense',
  title: 'Typesense',
  documentation: 'https://typesense.org/docs/latest/api/api-keys.html',
  variable: 'TYPESENSE_API_KEY',
  auth: headerAuth('x-typesense-api-key'),
  options: {
    collections: texts('collections', {
      accepts: 'names or patterns of the collections that the key may use, such as org_.* (default: all)',
      default: ['.*'],
    }),
    autodelete: flag('autodelete', { accepts: 'true for a key that is deleted after its end' }),
  },
  notes: [
    'The address is your own: --base-url https://search.example.com:8108.',
    'The bootstrap key of the server, or one with keys:* actions, manages keys.',
    'Scoped search keys are computed from a key without a request; they stop when it does.',
  ],
  keys: {
    path: '/keys',
    list: { in: 'keys' },
    secret: 'value',
    fields: {
      name: text('description'),
      // The first four characters.
      prefix: 'value_prefix',
      scopes: texts('actions', {
        accepts: 'actions, such as documents:search or collections:*',
        required: true,
      }),
      expires_at: expiry('expires_at', { accepts: 'any time, to the second', as: 'seconds', never: NEVER }),
    },
  },
});
