import { z } from 'zod';
import type { Key } from '../../domain/key.js';
import { type CallContext, defineProvider, operation, schemeAuth, segment } from '../define-provider.js';
import { hasPassed, isoDate, known, pageSize, secondsUntil } from '../values.js';

const record = z.object({
  id: z.string(),
  name: z.string().nullish(),
  display_name: z.string(),
  created_at: isoDate,
  expires_at: isoDate.nullish(),
  last_used_at: isoDate.nullish(),
});

const keyOf = (
  { id, name, display_name, created_at, expires_at, last_used_at }: z.infer<typeof record>,
  { clock }: CallContext,
): Key =>
  known({
    id,
    name: name || display_name,
    created_at,
    expires_at,
    last_used: last_used_at,
    status: hasPassed(expires_at, clock.now()) ? 'expired' : 'active',
  });

const tokensOf = ({ set }: CallContext, rest = '') =>
  `/organizations/${segment(set['organization'] ?? '')}/service-tokens${rest}`;

/** PlanetScale: service tokens of an organization, pairs of id and token that are sent bare. */
export const planetscale = defineProvider({
  id: 'planetscale',
  title: 'PlanetScale',
  documentation: 'https://planetscale.com/docs/api/reference/list_service_tokens',
  baseUrl: 'https://api.planetscale.com/v1',
  context: [{ name: 'organization', about: 'name of the organization', required: true }],
  variables: { api_key: 'PLANETSCALE_SERVICE_TOKEN_ID', secret_key: 'PLANETSCALE_SERVICE_TOKEN' },
  auth: schemeAuth(''),
  managedBy: 'pair',
  accepts: { expires_at: 'any time, to the second' },
  notes: [
    'The credential that manages tokens is id:token of one that may read, write and delete service tokens.',
    'A new token may do nothing until it is given accesses: in the dashboard, or by pscale service-token add-access.',
    'So it is with the successor that a roll makes: give it the accesses of the old one before it is used.',
    'A repeated create makes another token.',
  ],
  endpoints: {
    create: operation({
      call: ({ name, expires_at }, context) => ({
        method: 'POST',
        path: tokensOf(context),
        body: { name, ttl: expires_at ? secondsUntil(expires_at, context.clock.now()) : undefined },
      }),
      answer: record.extend({ token: z.string() }),
      read: ({ token, ...made }, _, context) => ({
        key: keyOf(made, context),
        credential: { api_key: made.id, secret_key: token },
      }),
    }),
    list: operation({
      call: ({ limit, cursor }, context) => ({
        method: 'GET',
        path: tokensOf(context),
        query: { page: cursor, per_page: pageSize(limit, 100) },
      }),
      answer: z.object({ data: z.array(record), next_page: z.number().nullish() }),
      read: ({ data, next_page }, _, context) => ({
        keys: data.map((token) => keyOf(token, context)),
        next_cursor: next_page ? String(next_page) : null,
      }),
    }),
    get: operation({
      call: (id, context) => ({ method: 'GET', path: tokensOf(context, `/${segment(id)}`) }),
      answer: record,
      read: (token, _, context) => keyOf(token, context),
    }),
    revoke: operation({
      call: (id, context) => ({ method: 'DELETE', path: tokensOf(context, `/${segment(id)}`) }),
      read: () => undefined,
    }),
  },
});
