import { z } from 'zod';
import type { Key } from '../../domain/key.js';
import { bearer, type CallContext, defineProvider, operation, segment } from '../define-provider.js';
import { hasPassed, isoDate, pageSize, UNKNOWN, verdictOn } from '../values.js';

/** The secret stands in every answer: only its end leaves this file, but for that of a create. */
const record = z.object({
  uid: z.string(),
  key: z.string(),
  name: z.string().nullish(),
  actions: z.array(z.string()),
  expiresAt: isoDate.nullable(),
  createdAt: isoDate,
});

const keyOf = (told: z.infer<typeof record>, { clock }: CallContext): Key => ({
  id: told.uid,
  name: told.name || told.uid,
  hint: told.key.slice(-4),
  scopes: told.actions,
  created_at: told.createdAt,
  expires_at: told.expiresAt,
  status: hasPassed(told.expiresAt, clock.now()) ? 'expired' : 'active',
});

const indexesOf = ({ set }: CallContext) => (set['indexes'] || '*').split(',').map((index) => index.trim());

/** Meilisearch, on a server of one's own: a key's secret is made of its uid and the master key, and can be read again. */
export const meilisearch = defineProvider({
  id: 'meilisearch',
  title: 'Meilisearch',
  documentation: 'https://www.meilisearch.com/docs/reference/api/keys',
  context: [
    {
      name: 'indexes',
      about: 'the indexes that a new key may use, joined by commas, such as movies,books* (default: all)',
      required: false,
    },
  ],
  variables: { secret: 'MEILISEARCH_API_KEY' },
  auth: bearer,
  accepts: {
    expires_at: 'any time to come',
    scopes: { about: 'actions such as search or documents.add; * is all of them', required: true },
  },
  notes: [
    'Keys are managed with the master key, or one that may do keys.*.',
    'A successor may use the indexes of --set indexes, whatever those of the old key are.',
    'Another master key gives every key another secret.',
    'A repeated create makes another key.',
  ],
  endpoints: {
    create: operation({
      call: ({ name, expires_at = null, scopes }, context) => ({
        method: 'POST',
        path: '/keys',
        body: { name, actions: scopes, indexes: indexesOf(context), expiresAt: expires_at },
      }),
      answer: record,
      read: (made, _, context) => ({ key: keyOf(made, context), credential: { secret: made.key } }),
    }),
    list: operation({
      call: ({ limit, cursor }) => ({
        method: 'GET',
        path: '/keys',
        query: { limit: pageSize(limit, 1000), offset: cursor },
      }),
      answer: z.object({ results: z.array(record), offset: z.number(), total: z.number() }),
      read: ({ results, offset, total }, _, context) => {
        const seen = offset + results.length;
        return {
          keys: results.map((key) => keyOf(key, context)),
          next_cursor: results.length > 0 && seen < total ? String(seen) : null,
        };
      },
    }),
    get: operation({
      call: (id) => ({ method: 'GET', path: `/keys/${segment(id)}` }),
      answer: record,
      read: (key, _, context) => keyOf(key, context),
    }),
    update: operation({
      call: ({ id, changes: { name } }) => ({
        method: 'PATCH',
        path: `/keys/${segment(id)}`,
        body: { name },
      }),
      answer: record,
      read: (key, _, context) => keyOf(key, context),
    }),
    revoke: operation({
      call: (id) => ({ method: 'DELETE', path: `/keys/${segment(id)}` }),
      read: () => undefined,
    }),
    // A key is found by its secret as by its uid, which is no key.
    verify: operation({
      call: ({ key }) => ({ method: 'GET', path: `/keys/${segment(key)}` }),
      answer: record,
      notFound: UNKNOWN,
      read: (told, asked, context) => (told.key === asked.key ? verdictOn(keyOf(told, context)) : UNKNOWN),
    }),
  },
});
