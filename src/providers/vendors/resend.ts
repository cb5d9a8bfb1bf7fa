import { z } from 'zod';
import type { Key } from '../../domain/key.js';
import { bearer, defineProvider, operation, segment } from '../define-provider.js';
import { isoDate, known, pageSize } from '../values.js';

const record = z.object({
  id: z.string(),
  name: z.string(),
  created_at: isoDate,
  last_used_at: isoDate.nullish(),
});

const keyOf = ({ last_used_at, ...key }: z.infer<typeof record>): Key =>
  known({ ...key, last_used: last_used_at, status: 'active' });

/** Resend: keys for sending mail. Neither its list nor its create tells what a key may do. */
export const resend = defineProvider({
  id: 'resend',
  title: 'Resend',
  documentation: 'https://resend.com/docs/api-reference/api-keys',
  baseUrl: 'https://api.resend.com',
  context: [{ name: 'domain', about: 'id of the one domain that a key may send from', required: false }],
  variables: { secret: 'RESEND_API_KEY' },
  format: { kind: 'secret', prefixes: [{ prefix: 're_' }] },
  auth: bearer,
  accepts: {
    scopes: { about: 'what the key may do', values: ['full_access', 'sending_access'], most: 1 },
  },
  notes: [
    'A key that may only send cannot manage keys: log in with one of full_access.',
    'A repeated create makes another key.',
  ],
  endpoints: {
    create: operation({
      call: ({ name, scopes }, { set }) => ({
        method: 'POST',
        path: '/api-keys',
        body: { name, permission: scopes?.[0], domain_id: set['domain'] || undefined },
      }),
      answer: z.object({ id: z.string(), token: z.string() }),
      read: ({ id, token }, { name, scopes = ['full_access'] }) => ({
        key: { id, name, scopes, status: 'active' },
        credential: { secret: token },
      }),
    }),
    list: operation({
      call: ({ limit, cursor }) => ({
        method: 'GET',
        path: '/api-keys',
        query: { limit: pageSize(limit, 100), after: cursor },
      }),
      answer: z.object({ data: z.array(record), has_more: z.boolean().optional() }),
      read: ({ data, has_more }) => ({
        keys: data.map(keyOf),
        next_cursor: has_more ? (data.at(-1)?.id ?? null) : null,
      }),
    }),
    revoke: operation({
      call: (id) => ({ method: 'DELETE', path: `/api-keys/${segment(id)}` }),
      read: () => undefined,
    }),
  },
});
