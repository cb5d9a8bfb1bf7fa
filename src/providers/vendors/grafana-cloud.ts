import { expiry, pages, provider, text, time } from '../language/index.js';

/**
 * Grafana Cloud: tokens of access policies. Every request names the region; those that change something need
 * a request id. The policy says what a token may do. Source: Grafana Cloud's OpenAPI document (x-permissions
 * accesspolicies:*).
 */
export const grafanaCloud = provider({
  id: 'grafana-cloud',
  title: 'Grafana Cloud',
  documentation: 'https://grafana.com/docs/grafana-cloud/developer-resources/api-reference/cloud-api/',
  baseUrl: 'https://grafana.com/api',
  context: { region: 'region of the access policies, such as prod-eu-west-2' },
  variable: 'GRAFANA_CLOUD_ACCESS_POLICY_TOKEN',
  prefixes: ['glc_'],
  names: 'unique',
  options: {
    policy: text('accessPolicyId', {
      accepts: 'id of the access policy that says what the token may do',
      required: true,
    }),
    display_name: text('displayName', { accepts: 'the name that Grafana shows', updates: true }),
  },
  credentialNeeds:
    'Tokens are managed with a token whose access policy has accesspolicies:read, write and delete.',
  notes: [
    'Two tokens cannot have one name: the successor of web is "web 2".',
    'A list does not say that a token was never used.',
  ],
  keys: {
    path: '/v1/tokens',
    headers: (_, requestId) => ({ 'x-request-id': requestId }),
    list: {
      in: 'items',
      pages: pages.link({ size: 'pageSize', most: 500, next: 'metadata.pagination.nextPage' }),
      query: ({ region }) => ({ region }),
    },
    get: 'GET {keys}/{id}?region={region}',
    secret: 'token',
    fields: {
      name: 'name',
      created_at: time('createdAt'),
      last_used: time('lastUsedAt'),
      expires_at: expiry('expiresAt', { accepts: 'any time', updates: true }),
    },
    create: { query: (_, { set: { region } }) => ({ region }) },
    update: { at: 'POST {keys}/{id}?region={region}' },
    revoke: { at: 'DELETE {keys}/{id}?region={region}' },
  },
});
