import { z } from 'zod';
import type { Key } from '../../domain/key.js';
import { bearer, type CallContext, defineProvider, operation, segment } from '../define-provider.js';
import { epochMilliseconds, pageSize, secondsUntil, UNKNOWN, verdictOn } from '../values.js';

const record = z.object({
  id: z.string(),
  name: z.string(),
  claims: z.record(z.string(), z.unknown()).nullish(),
  scopes: z.array(z.string()),
  revoked: z.boolean(),
  expired: z.boolean(),
  expiration: epochMilliseconds.nullable(),
  last_used_at: epochMilliseconds.nullable(),
  created_at: epochMilliseconds,
});

const keyOf = ({ claims, revoked, expired, ...told }: z.infer<typeof record>): Key => ({
  id: told.id,
  name: told.name,
  scopes: told.scopes,
  metadata: Object.fromEntries(Object.entries(claims ?? {}).map(([name, value]) => [name, textOf(value)])),
  created_at: told.created_at,
  expires_at: told.expiration,
  last_used: told.last_used_at,
  status: revoked ? 'revoked' : expired ? 'expired' : 'active',
});

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

/** Null, which takes an expiry away, stays null. */
const lifetime = (expiresAt: string | null | undefined, { clock }: CallContext) =>
  expiresAt ? secondsUntil(expiresAt, clock.now()) : expiresAt;

/** Clerk: keys that your users and organizations have for an API of your own. Metadata are claims; a revoked key stays listed. */
export const clerk = defineProvider({
  id: 'clerk',
  title: 'Clerk',
  documentation: 'https://clerk.com/docs/guides/development/machine-auth/api-keys',
  baseUrl: 'https://api.clerk.com/v1',
  context: [
    {
      name: 'subject',
      about: 'id of the user or organization whose keys these are (user_… or org_…)',
      required: true,
    },
  ],
  variables: { secret: 'API_KEY' },
  format: { kind: 'secret', prefixes: [{ prefix: 'ak_' }] },
  auth: bearer,
  managementPrefixes: ['sk_live_', 'sk_test_'],
  accepts: {
    expires_at: 'any time to come, to the second',
    scopes: { about: 'what the key may do, in words of your own' },
  },
  updates: ['expires_at', 'scopes', 'metadata'],
  keepsMetadata: true,
  notes: [
    'Keys are managed with the secret key of your Clerk instance; the keys made here are for your own API.',
    'A name has at least three characters.',
    'A repeated create makes another key.',
  ],
  endpoints: {
    create: operation({
      call: ({ name, expires_at, scopes, metadata }, context) => ({
        method: 'POST',
        path: '/api_keys',
        body: {
          name,
          subject: context.set['subject'],
          scopes,
          claims: metadata,
          seconds_until_expiration: lifetime(expires_at, context),
        },
      }),
      answer: record.extend({ secret: z.string() }),
      read: ({ secret, ...made }) => ({ key: keyOf(made), credential: { secret } }),
    }),
    list: operation({
      call: ({ limit, cursor }, { set }) => ({
        method: 'GET',
        path: '/api_keys',
        query: {
          subject: set['subject'],
          include_invalid: 'true',
          limit: pageSize(limit, 100),
          offset: cursor,
        },
      }),
      answer: z.object({ data: z.array(record), total_count: z.number() }),
      read: ({ data, total_count }, { cursor = '0' }) => {
        const seen = Number(cursor) + data.length;
        return {
          keys: data.map(keyOf),
          next_cursor: data.length > 0 && seen < total_count ? String(seen) : null,
        };
      },
    }),
    get: operation({
      call: (id) => ({ method: 'GET', path: `/api_keys/${segment(id)}` }),
      answer: record,
      read: keyOf,
    }),
    update: operation({
      call: ({ id, changes: { expires_at, scopes, metadata } }, context) => ({
        method: 'PATCH',
        path: `/api_keys/${segment(id)}`,
        body: { scopes, claims: metadata, seconds_until_expiration: lifetime(expires_at, context) },
      }),
      answer: record,
      read: keyOf,
    }),
    revoke: operation({
      call: (id) => ({ method: 'POST', path: `/api_keys/${segment(id)}/revoke`, body: {} }),
      read: () => undefined,
    }),
    verify: operation({
      call: ({ key }) => ({
        method: 'POST',
        path: '/api_keys/verify',
        body: { secret: key },
        readOnly: true,
      }),
      answer: record,
      notFound: UNKNOWN,
      read: (told) => verdictOn(keyOf(told)),
    }),
  },
});
