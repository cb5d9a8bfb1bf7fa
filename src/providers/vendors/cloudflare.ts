import { z } from 'zod';
import type { Key } from '../../domain/key.js';
import { bearer, type CallContext, defineProvider, operation, segment } from '../define-provider.js';
import { isoDate, known, pageSize } from '../values.js';

const token = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(['active', 'disabled', 'expired']).optional(),
  issued_on: isoDate.optional(),
  last_used_on: isoDate.nullish(),
  expires_on: isoDate.nullish(),
  policies: z.array(z.object({ permission_groups: z.array(z.object({ id: z.string() })) })).optional(),
  condition: z
    .object({ 'request.ip': z.object({ in: z.array(z.string()).optional() }).optional() })
    .nullish(),
});
const one = z.object({ result: token });

const keyOf = ({ policies, condition, ...told }: z.infer<typeof token>): Key => {
  const ips = condition?.['request.ip']?.in;
  return known({
    id: told.id,
    name: told.name,
    status: told.status === 'disabled' ? 'revoked' : told.status,
    created_at: told.issued_on,
    last_used: told.last_used_on ?? undefined,
    expires_at: told.expires_on ?? null,
    scopes: policies?.flatMap(({ permission_groups }) => permission_groups.map(({ id }) => id)),
    restrictions: ips === undefined ? undefined : { ips },
  });
};

const tokensOf = ({ set }: CallContext, rest = '') =>
  `${set['account'] ? `/accounts/${segment(set['account'])}` : '/user'}/tokens${rest}`;

/** Cloudflare: API tokens of a user, or of an account. A roll gives the token another value, and the old one dies at once. */
export const cloudflare = defineProvider({
  id: 'cloudflare',
  title: 'Cloudflare',
  documentation: 'https://developers.cloudflare.com/fundamentals/api/how-to/create-via-api/',
  baseUrl: 'https://api.cloudflare.com/client/v4',
  context: [
    {
      name: 'account',
      about: "id of the account whose tokens these are, instead of your user's",
      required: false,
    },
    {
      name: 'resource',
      about:
        'what the permissions are for, such as com.cloudflare.api.account.zone.* (default: every account)',
      required: false,
    },
  ],
  variables: { secret: 'CLOUDFLARE_API_TOKEN' },
  auth: bearer,
  check: { method: 'GET', path: '/user/tokens/verify' },
  accepts: {
    expires_at: 'any time, to the second',
    scopes: { about: 'ids of permission groups: keys api /user/tokens/permission_groups', required: true },
    ips: 'addresses and CIDR ranges',
  },
  updates: ['name', 'expires_at'],
  roll: { by: 'provider', grace: { kind: 'none' }, inPlace: true },
  notes: [
    'A roll ends the old value at once: whatever uses it fails until it has the new one.',
    "A token of an account is checked under that account's address; keys verify asks for those of a user.",
  ],
  endpoints: {
    create: operation({
      call: ({ name, expires_at, scopes = [], restrictions }, context) => ({
        method: 'POST',
        path: tokensOf(context),
        body: known({
          name,
          policies: [
            {
              effect: 'allow',
              permission_groups: scopes.map((id) => ({ id })),
              resources: { [context.set['resource'] || 'com.cloudflare.api.account.*']: '*' },
            },
          ],
          expires_on: expires_at?.replace(/\.\d+Z$/, 'Z'),
          condition: restrictions?.ips && { 'request.ip': { in: restrictions.ips } },
        }),
      }),
      answer: z.object({ result: token.extend({ value: z.string() }) }),
      read: ({ result }) => ({ key: keyOf(result), credential: { secret: result.value } }),
    }),
    list: operation({
      call: ({ limit, cursor }, context) => ({
        method: 'GET',
        path: tokensOf(context),
        query: { page: Number(cursor ?? 1), per_page: pageSize(limit, 50, 5) },
      }),
      answer: z.object({
        result: z.array(token),
        result_info: z.object({ page: z.number(), per_page: z.number(), total_count: z.number() }).optional(),
      }),
      read: ({ result, result_info: info }) => ({
        keys: result.map(keyOf),
        next_cursor: info && info.page * info.per_page < info.total_count ? String(info.page + 1) : null,
      }),
    }),
    get: operation({
      call: (id, context) => ({ method: 'GET', path: tokensOf(context, `/${segment(id)}`) }),
      answer: one,
      read: ({ result }) => keyOf(result),
    }),
    // All of a token is put anew: what is not changed, as it was.
    update: operation({
      first: operation({
        call: ({ id }: { id: string }, context) => ({
          method: 'GET',
          path: tokensOf(context, `/${segment(id)}`),
        }),
        answer: z.object({
          result: z.looseObject({ name: z.string(), policies: z.array(z.unknown()).optional() }),
        }),
        read: ({ result }) => result,
      }),
      call: ({ id, changes: { name, expires_at } }, context, before) => ({
        method: 'PUT',
        path: tokensOf(context, `/${segment(id)}`),
        body: known({
          ...before,
          name: name ?? before.name,
          expires_on: expires_at === undefined ? before['expires_on'] : (expires_at ?? undefined),
        }),
      }),
      answer: one,
      read: ({ result }) => keyOf(result),
    }),
    roll: operation({
      first: operation({
        call: ({ id }: { id: string }, context) => ({
          method: 'GET',
          path: tokensOf(context, `/${segment(id)}`),
        }),
        answer: one,
        read: ({ result }) => keyOf(result),
      }),
      call: ({ id }, context) => ({
        method: 'PUT',
        path: tokensOf(context, `/${segment(id)}/value`),
        body: {},
      }),
      answer: z.object({ result: z.string() }),
      read: ({ result }, _, __, before) => ({
        key: before,
        credential: { secret: result },
        previous: { ...before, status: 'revoked' },
      }),
    }),
    revoke: operation({
      call: (id, context) => ({ method: 'DELETE', path: tokensOf(context, `/${segment(id)}`), body: {} }),
      read: () => undefined,
    }),
  },
});
