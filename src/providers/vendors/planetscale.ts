import { schemeAuth } from '../define-provider.js';
import { expiry, first, pages, provider, text, timeOrNever, writeOnly } from '../language/index.js';

/**
 * PlanetScale: service tokens of an organization, pairs of id and token that are sent bare. A new token may do nothing until it
 * is given accesses, which its record does not tell. Source: planetscale/planetscale-go@bc9e6d0 planetscale/service_tokens.go.
 */
export const planetscale = provider({
  id: 'planetscale',
  title: 'PlanetScale',
  documentation: 'https://planetscale.com/docs/api/reference/list_service_tokens',
  baseUrl: 'https://api.planetscale.com/v1',
  context: { organization: 'name of the organization' },
  variable: { api_key: 'PLANETSCALE_SERVICE_TOKEN_ID', secret_key: 'PLANETSCALE_SERVICE_TOKEN' },
  auth: schemeAuth(''),
  managedBy: 'pair',
  options: {
    database: writeOnly('text', {
      accepts: 'name of the database that accesses are for',
      send: () => undefined,
    }),
    accesses: writeOnly<readonly string[]>('texts', {
      accepts: 'what the token may do, such as read_branch,connect_production_branch (default: nothing)',
      send: () => undefined,
    }),
  },
  notes: [
    'The credential that manages tokens is id:token of one that may read, write and delete service tokens.',
    'A new token may do nothing until it is given accesses: --set database=… --set accesses=…, or in the dashboard.',
  ],
  keys: {
    path: '/organizations/{organization}/service-tokens',
    list: {
      in: 'data',
      pages: pages.after({ cursor: 'page', size: 'per_page', most: 100, next: 'next_page' }),
    },
    secret: { api_key: 'id', secret_key: 'token' },
    fields: {
      name: first(text('name'), text('display_name')),
      last_used: timeOrNever('last_used_at'),
      expires_at: expiry('expires_at', {
        accepts: 'any time, to the second',
        as: 'seconds-from-now',
        send: 'ttl',
      }),
    },
    create: {
      steps: [
        {
          at: 'POST {keys}/{id}/access',
          body({ asked: { options } }) {
            const { database, accesses } = options;
            return database === undefined && accesses === undefined
              ? undefined
              : { database, access: accesses };
          },
        },
      ],
    },
  },
});
