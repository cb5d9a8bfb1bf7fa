import { expiry, lastFour, pages, provider, texts, timeOrNever } from '../language/index.js';

/** The request that returns the user. */
const ofUser = ({ user, organization }: Readonly<Record<string, string | undefined>>) =>
  user ? { organization_id: organization } : {};

/**
 * WorkOS: keys that your customers' organizations, or users in them, have for an API of your own.
 * Source: workos/openapi-spec@7fd8359; npm @workos-inc/node 11.0.0.
 */
export const workos = provider({
  id: 'workos',
  title: 'WorkOS',
  documentation: 'https://workos.com/docs/authkit/api-keys',
  baseUrl: 'https://api.workos.com',
  context: {
    organization: 'id of the organization whose keys these are (org_…)',
    'user?': 'id of its user whose keys these are instead (user_…)',
  },
  variable: 'API_KEY',
  managementPrefixes: ['sk_'],
  credentialNeeds:
    'Keys are managed with the API key of your WorkOS environment; the keys created here are for your own API.',
  keys: {
    path: ['/user_management/users/{user}/api_keys', '/organizations/{organization}/api_keys'],
    list: {
      in: 'data',
      pages: pages.after({ cursor: 'after', size: 'limit', most: 100, next: 'list_metadata.after' }),
      query: ofUser,
    },
    get: false,
    secret: 'value',
    fields: {
      name: 'name',
      hint: lastFour('obfuscated_value'),
      scopes: texts('permissions', { accepts: 'slugs of permissions, such as posts:read' }),
      last_used: timeOrNever('last_used_at'),
      expires_at: expiry('expires_at', { accepts: 'any time to come', updates: true }),
      owner: 'owner.id',
    },
    create: { body: (_, { set }) => ofUser(set) },
    update: { at: 'POST /api_keys/{id}/expire' },
    revoke: { at: 'DELETE /api_keys/{id}' },
    verify: {
      at: 'POST /api_keys/validations',
      body: ({ key }) => ({ value: key }),
      record: 'api_key',
    },
  },
});
