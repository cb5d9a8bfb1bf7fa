import { z } from 'zod';
import type { Key } from '../../domain/key.js';
import { type CallContext, defineProvider, headerAuth, operation, segment } from '../define-provider.js';
import { epochSeconds, hasPassed, known, numericId } from '../values.js';

/** What stands for "never": the last second of the year 4020. */
const NEVER = 64_723_363_199;

const record = z.object({
  id: numericId,
  description: z.string(),
  actions: z.array(z.string()),
  expires_at: z.union([z.literal(NEVER).transform(() => null), epochSeconds]).optional(),
});

const keyOf = (
  { id, description, actions, expires_at }: z.infer<typeof record>,
  { clock }: CallContext,
): Key =>
  known({
    id,
    name: description,
    scopes: actions,
    status: hasPassed(expires_at, clock.now()) ? 'expired' : 'active',
    expires_at,
  });

/** Typesense, self-hosted or in its cloud: ids are numbers, ends are epoch seconds. */
export const typesense = defineProvider({
  id: 'typesense',
  title: 'Typesense',
  documentation: 'https://typesense.org/docs/latest/api/api-keys.html',
  context: [
    {
      name: 'collections',
      about:
        'what new keys are for, names or patterns joined by commas, such as org_.* (default: every collection)',
      required: false,
    },
  ],
  variables: { secret: 'TYPESENSE_API_KEY' },
  auth: headerAuth('x-typesense-api-key'),
  accepts: {
    expires_at: 'any time, to the second',
    scopes: { about: 'actions, such as documents:search or collections:*', required: true },
  },
  updates: [],
  notes: [
    'The address is your own: --base-url https://search.example.com:8108.',
    'The bootstrap key of the server, or one with keys:* actions, manages keys.',
    'Scoped search keys are made from a key without asking the server; they end with it.',
    'A repeated create makes another key.',
  ],
  endpoints: {
    create: operation({
      call: ({ name, scopes, expires_at }, { set }) => ({
        method: 'POST',
        path: '/keys',
        body: known({
          description: name,
          actions: scopes,
          collections: (set['collections'] || '.*').split(',').map((collection) => collection.trim()),
          expires_at: expires_at ? Math.floor(Date.parse(expires_at) / 1000) : undefined,
        }),
      }),
      answer: record.extend({ value: z.string() }),
      read: (made, _, context) => ({ key: keyOf(made, context), credential: { secret: made.value } }),
    }),
    list: operation({
      call: () => ({ method: 'GET', path: '/keys' }),
      answer: z.object({ keys: z.array(record) }),
      read: ({ keys }, _, context) => ({ keys: keys.map((key) => keyOf(key, context)), next_cursor: null }),
    }),
    get: operation({
      call: (id) => ({ method: 'GET', path: `/keys/${segment(id)}` }),
      answer: record,
      read: (told, _, context) => keyOf(told, context),
    }),
    revoke: operation({
      call: (id) => ({ method: 'DELETE', path: `/keys/${segment(id)}` }),
      read: () => undefined,
    }),
  },
});
