import { z } from 'zod';
import type { Key } from '../../domain/key.js';
import { defineProvider, headerAuth, operation, segment } from '../define-provider.js';
import { DEFAULT_GRACE_SECONDS, epochMilliseconds, graceEnd, known, pageSize, retired } from '../values.js';

const TOKENS = '/api/v2/tokens';
const BASE_ROLES = ['reader', 'writer', 'admin'];

const record = z.object({
  _id: z.string(),
  name: z.string().optional(),
  role: z.string().optional(),
  customRoleIds: z.array(z.string()).optional(),
  inlineRole: z.array(z.unknown()).optional(),
  /** All of it after a create and a reset, else its last four characters. */
  token: z.string().optional(),
  creationDate: epochMilliseconds,
  lastUsed: epochMilliseconds.optional(),
});
const whole = record.extend({ token: z.string() });

const keyOf = ({
  _id,
  name,
  role,
  customRoleIds = [],
  inlineRole = [],
  ...told
}: z.infer<typeof record>): Key =>
  known({
    id: _id,
    name: name ?? _id,
    hint: told.token?.slice(-4),
    status: 'active' as const,
    // An inline role is a policy of its own, which no list of names can say.
    scopes: inlineRole.length > 0 ? undefined : role ? [role, ...customRoleIds] : customRoleIds,
    created_at: told.creationDate,
    last_used: told.lastUsed,
  });

const rolesOf = (scopes: readonly string[]) => ({
  role: scopes.find((scope) => BASE_ROLES.includes(scope)),
  customRoleIds: scopes.filter((scope) => !BASE_ROLES.includes(scope)),
});

/** LaunchDarkly: access tokens of its API. A reset gives the token another value; the old one works on until a time that is named. */
export const launchdarkly = defineProvider({
  id: 'launchdarkly',
  title: 'LaunchDarkly',
  documentation: 'https://launchdarkly.com/docs/api/access-tokens',
  baseUrl: 'https://app.launchdarkly.com',
  context: [{ name: 'service', about: 'yes for service tokens, which belong to no member', required: false }],
  variables: { secret: 'LAUNCHDARKLY_ACCESS_TOKEN' },
  format: { kind: 'secret', prefixes: [{ prefix: 'api-' }] },
  auth: headerAuth('authorization'),
  headers: { 'ld-api-version': '20240415' },
  check: { method: 'GET', path: '/api/v2/caller-identity' },
  accepts: {
    scopes: { about: 'reader, writer or admin; or ids of custom roles', required: true },
  },
  updates: ['name', 'scopes'],
  roll: {
    by: 'provider',
    grace: { kind: 'any', defaultSeconds: DEFAULT_GRACE_SECONDS },
    inPlace: true,
  },
  notes: [
    'SDK keys and mobile keys belong to an environment, one of each: they are not managed here.',
    'A roll keeps the id of the token: revoking it ends the old value and the new one.',
    'A repeated create makes another token.',
  ],
  endpoints: {
    create: operation({
      call: ({ name, scopes = [] }, { set }) => {
        const { role, customRoleIds } = rolesOf(scopes);
        return {
          method: 'POST',
          path: TOKENS,
          body: known({
            name,
            role,
            customRoleIds: customRoleIds.length > 0 ? customRoleIds : undefined,
            serviceToken: set['service'] === 'yes' ? true : undefined,
          }),
        };
      },
      answer: whole,
      read: (made) => ({ key: keyOf(made), credential: { secret: made.token } }),
    }),
    list: operation({
      call: ({ limit, cursor }) => ({
        method: 'GET',
        path: TOKENS,
        query: { limit: pageSize(limit, 100), offset: Number(cursor ?? 0) },
      }),
      answer: z.object({ items: z.array(record).default([]), totalCount: z.number().optional() }),
      // Whether the count is of all tokens or of these is not said: a full page is followed by another look.
      read: ({ items, totalCount = 0 }, { cursor, limit }) => {
        const end = Number(cursor ?? 0) + items.length;
        const more = items.length > 0 && (end < totalCount || items.length >= pageSize(limit, 100));
        return { keys: items.map(keyOf), next_cursor: more ? String(end) : null };
      },
    }),
    get: operation({
      call: (id) => ({ method: 'GET', path: `${TOKENS}/${segment(id)}` }),
      answer: record,
      read: keyOf,
    }),
    update: operation({
      call: ({ id, changes: { name, scopes } }) => {
        const { role, customRoleIds } = rolesOf(scopes ?? []);
        const replaced = known({
          name,
          role,
          customRoleIds: scopes === undefined || role !== undefined ? undefined : customRoleIds,
        });
        return {
          method: 'PATCH',
          path: `${TOKENS}/${segment(id)}`,
          body: Object.entries(replaced).map(([member, value]) => ({
            op: 'replace',
            path: `/${member}`,
            value,
          })),
        };
      },
      answer: record,
      read: keyOf,
    }),
    roll: operation({
      first: operation({
        call: ({ id }: { id: string }) => ({ method: 'GET', path: `${TOKENS}/${segment(id)}` }),
        answer: record,
        read: keyOf,
      }),
      call: ({ id, request }, { clock }, old) => ({
        method: 'POST',
        path: `${TOKENS}/${segment(id)}/reset`,
        query: { expiry: graceEnd(request, old, clock.now()) },
      }),
      answer: whole,
      read: (made, { request }, { clock }, old) => {
        const now = clock.now();
        return {
          key: keyOf(made),
          credential: { secret: made.token },
          previous: retired(old, graceEnd(request, old, now), now),
        };
      },
    }),
    revoke: operation({
      call: (id) => ({ method: 'DELETE', path: `${TOKENS}/${segment(id)}` }),
      read: () => undefined,
    }),
    whoami: operation({
      call: () => ({ method: 'GET', path: '/api/v2/caller-identity' }),
      answer: z.object({ tokenId: z.string().optional(), tokenName: z.string().optional() }),
      read: ({ tokenId, tokenName }) =>
        tokenId === undefined ? null : { id: tokenId, name: tokenName ?? tokenId },
    }),
  },
});
