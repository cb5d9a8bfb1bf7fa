import { z } from 'zod';
import type { Key } from '../../domain/key.js';
import { bearer, type CallContext, defineProvider, operation, segment } from '../define-provider.js';
import { hasPassed, isoDate, known, pageSize, shownEnd, UNKNOWN, verdictOn } from '../values.js';

const record = z.object({
  id: z.string(),
  name: z.string(),
  obfuscated_value: z.string(),
  created_at: isoDate,
  expires_at: isoDate.nullish(),
  last_used_at: isoDate.nullish(),
  permissions: z.array(z.string()),
});

const keyOf = (told: z.infer<typeof record>, { clock }: CallContext): Key =>
  known({
    id: told.id,
    name: told.name,
    hint: shownEnd(told.obfuscated_value),
    scopes: told.permissions,
    created_at: told.created_at,
    expires_at: told.expires_at,
    last_used: told.last_used_at,
    status: hasPassed(told.expires_at, clock.now()) ? 'expired' : 'active',
  });

const keysOf = ({ set: { user, organization = '' } }: CallContext) =>
  user
    ? `/user_management/users/${segment(user)}/api_keys`
    : `/organizations/${segment(organization)}/api_keys`;

const organizationOfUser = ({ set: { user, organization } }: CallContext) =>
  user ? { organization_id: organization } : {};

/** WorkOS: keys that your customers' organizations, or users in them, have for an API of your own. */
export const workos = defineProvider({
  id: 'workos',
  title: 'WorkOS',
  documentation: 'https://workos.com/docs/authkit/api-keys',
  baseUrl: 'https://api.workos.com',
  context: [
    { name: 'organization', about: 'id of the organization whose keys these are (org_…)', required: true },
    { name: 'user', about: 'id of its user whose keys these are instead (user_…)', required: false },
  ],
  variables: { secret: 'API_KEY' },
  auth: bearer,
  managementPrefixes: ['sk_'],
  accepts: {
    expires_at: 'any time to come',
    scopes: { about: 'slugs of permissions, such as posts:read' },
  },
  updates: ['expires_at'],
  notes: [
    'Keys are managed with the API key of your WorkOS environment; the keys made here are for your own API.',
    'A repeated create makes another key.',
  ],
  endpoints: {
    create: operation({
      call: ({ name, expires_at, scopes }, context) => ({
        method: 'POST',
        path: keysOf(context),
        body: known({
          name,
          permissions: scopes,
          expires_at: expires_at ?? undefined,
          ...organizationOfUser(context),
        }),
      }),
      answer: record.extend({ value: z.string() }),
      read: ({ value, ...made }, _, context) => ({
        key: keyOf(made, context),
        credential: { secret: value },
      }),
    }),
    list: operation({
      call: ({ limit, cursor }, context) => ({
        method: 'GET',
        path: keysOf(context),
        query: { limit: pageSize(limit, 100), after: cursor, ...organizationOfUser(context) },
      }),
      answer: z.object({
        data: z.array(record),
        list_metadata: z.object({ after: z.string().nullish() }),
      }),
      read: ({ data, list_metadata }, _, context) => ({
        keys: data.map((key) => keyOf(key, context)),
        next_cursor: list_metadata.after ?? null,
      }),
    }),
    update: operation({
      call: ({ id, changes: { expires_at } }) => ({
        method: 'POST',
        path: `/api_keys/${segment(id)}/expire`,
        body: { expires_at },
      }),
      answer: record,
      read: (key, _, context) => keyOf(key, context),
    }),
    revoke: operation({
      call: (id) => ({ method: 'DELETE', path: `/api_keys/${segment(id)}` }),
      read: () => undefined,
    }),
    verify: operation({
      call: ({ key }) => ({
        method: 'POST',
        path: '/api_keys/validations',
        body: { value: key },
        readOnly: true,
      }),
      answer: z.object({ api_key: record.nullable() }),
      read: ({ api_key }, _, context) => (api_key === null ? UNKNOWN : verdictOn(keyOf(api_key, context))),
    }),
  },
});
