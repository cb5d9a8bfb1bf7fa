import { expiry, lastFour, pages, provider, text, texts, time } from '../language/index.js';
import { UNKNOWN, verdictOn } from '../values.js';

/**
 * Meilisearch, on a server of your own: a key's secret is computed from its uid and the master key, so it can
 * be read again. Source: meilisearch/meilisearch@5cb2f2e94 crates/meilisearch/src/routes/api_key.rs.
 */
export const meilisearch = provider({
  id: 'meilisearch',
  title: 'Meilisearch',
  documentation: 'https://www.meilisearch.com/docs/reference/api/keys',
  variable: 'MEILISEARCH_API_KEY',
  chooses: ['id'],
  options: {
    indexes: texts('indexes', {
      accepts: 'the indexes that the key may use, such as movies,books* (default: all)',
      default: ['*'],
    }),
    description: text('description', { accepts: 'what the key is for', updates: true }),
  },
  credentialNeeds:
    'A master key manages keys, or one with keys.*. A new master key gives all keys other secrets.',
  keys: {
    path: '/keys',
    list: { in: 'results', pages: pages.offset({ size: 'limit', most: 1000, total: 'total' }) },
    secret: 'key',
    fields: {
      id: 'uid',
      hint: lastFour('key', 'whole'),
      scopes: texts('actions', {
        accepts: 'actions such as search or documents.add; * is all',
        required: true,
      }),
      created_at: time('createdAt'),
      expires_at: expiry('expiresAt', { accepts: 'any time to come', default: null }),
    },
    create: { body: (_, { newId }) => ({ uid: newId() }), again: 'GET {keys}/{id}' },
    update: {},
    recover: { at: 'GET {keys}/{id}' },
    // A list shows whole secrets; a master key is not in it.
    own: { whole: 'key' },
    // The server finds a key by its uid as well, but a uid is not a secret.
    verify: {
      at: 'GET {keys}/{key}',
      verdict: ({ status, body }, keyOf, { key }) => {
        if (status === 404 && body !== undefined) return UNKNOWN;
        if (status !== 200) return undefined;
        return (body as { key?: unknown }).key === key ? verdictOn(keyOf(body)) : UNKNOWN;
      },
    },
  },
});
