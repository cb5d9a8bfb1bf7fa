import { headerAuth } from '../define-provider.js';
import { expiry, flag, provider, text, texts } from '../language/index.js';

/** What stands for "never": the last second of the year 4020. */
const NEVER = 64_723_363_199;

/**
 * Typesense, self-hosted or in its cloud: ids are numbers, ends are epoch seconds. The client gives the
 * secret (`value`), and a repeat of the request gets 409. Source: typesense/typesense@4a092b04
 * src/core_api.cpp, src/auth_manager.cpp (create_key, KEY_LEN, auth_against_key);
 * typesense/typesense-api-spec@9963d6c (ApiKeySchema).
 */
export const typesense = provider({
  id: 'typesense',
  title: 'Typesense',
  documentation: 'https://typesense.org/docs/latest/api/api-keys.html',
  variable: 'TYPESENSE_API_KEY',
  auth: headerAuth('x-typesense-api-key'),
  chooses: ['secret'],
  options: {
    collections: texts('collections', {
      accepts: 'names or patterns of the collections that the key may use, such as org_.* (default: all)',
      default: ['.*'],
    }),
    synonym_sets: texts('synonym_sets', { accepts: 'the only synonym sets with which the key may search' }),
    curation_sets: texts('curation_sets', {
      accepts: 'the only curation sets with which the key may search',
    }),
    autodelete: flag('autodelete', { accepts: 'true for a key that is deleted after its end' }),
  },
  credentialNeeds: 'The bootstrap key of the server, or one with keys:* actions, manages keys.',
  notes: [
    'The address is your own: --base-url https://search.example.com:8108.',
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
    create: {
      // As long as Typesense makes them: older servers take a longer one for a scoped search key.
      body: (_, { newSecret }) => ({ value: newSecret((random) => random.slice(0, 32)) }),
      chosen: 'value_prefix',
    },
  },
});
