import { expiry, provider, statusOf, time, timeOrNever } from '../language/index.js';

/**
 * Grafana: tokens of a service account, in a Grafana of your own or a stack of Grafana Cloud. A new token's
 * response has its id, name and secret only; the list is not paged. Names are unique in an organization.
 * Source: grafana/grafana@32f7d9a pkg/services/serviceaccounts/api/token.go.
 */
export const grafana = provider({
  id: 'grafana',
  title: 'Grafana',
  documentation: 'https://grafana.com/docs/grafana/latest/developers/http_api/serviceaccount/',
  baseUrl: 'https://{stack}.grafana.net',
  context: {
    account: 'id of the service account whose tokens these are, a number',
    'stack?':
      'the stack in Grafana Cloud, such as acme for acme.grafana.net; for your own server use --base-url',
  },
  variable: 'GRAFANA_SERVICE_ACCOUNT_TOKEN',
  prefixes: ['glsa_'],
  check: 'GET /api/access-control/user/permissions',
  names: 'unique',
  credentialNeeds:
    'Tokens are managed with a token of a service account that has the permission serviceaccounts:write.',
  notes: [
    'A token has the role of its service account.',
    'Two tokens cannot have one name: the successor of web is "web 2".',
    'A server may demand an expiry, and limit it.',
  ],
  keys: {
    path: '/api/serviceaccounts/{account}/tokens',
    get: false,
    secret: 'key',
    fields: {
      status: statusOf({ isRevoked: 'revoked', hasExpired: 'expired' }),
      created_at: time('created'),
      last_used: timeOrNever('lastUsedAt'),
      expires_at: expiry('expiration', {
        accepts: 'any time',
        as: 'seconds-from-now',
        send: 'secondsToLive',
      }),
    },
    create: { returns: 'id' },
  },
});
