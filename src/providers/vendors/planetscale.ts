import { groupBy } from '../../domain/group-by.js';
import { schemeAuth } from '../define-provider.js';
import { custom, expiry, first, pages, provider, text, timeOrNever } from '../language/index.js';

interface Access {
  readonly access: string;
  readonly resource_type?: string;
  readonly resource?: { readonly name?: string };
}

/** `shop:read_branch` for an access to a database, the access alone for one to the organization. */
function scopeOf({ access, resource_type: type = '', resource }: Access): string {
  return /organization/i.test(type) || !resource?.name ? access : `${resource.name}:${access}`;
}

const databaseOf = (scope: string) => (scope.includes(':') ? scope.slice(0, scope.indexOf(':')) : '');

/**
 * PlanetScale: service tokens of an organization, pairs of id and token that are sent bare. A new token may
 * do nothing until it is given accesses. Source: PlanetScale's OpenAPI document (service_token_accesses);
 * planetscale/planetscale-go@bc9e6d0 planetscale/service_tokens.go.
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
  credentialNeeds:
    'The credential that manages tokens is id:token of one that may read, write and delete service tokens.',
  notes: [
    'A scope is database:access, or an access to the organization alone. A token is given them after it was created.',
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
      scopes: custom<readonly string[]>(
        ({ service_token_accesses: all }) =>
          Array.isArray(all) ? all.map((each) => scopeOf(each as Access)) : undefined,
        {
          accepts:
            'database:access, such as shop:connect_production_branch, or an access to the organization',
          required: true,
          // A new token is given them afterwards.
          send: () => undefined,
        },
      ),
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
          bodies: ({ asked: { scopes = [] } }) =>
            [...groupBy(scopes, databaseOf)].map(([database, all]) => ({
              ...(database === '' ? {} : { database }),
              access: all.map((scope) => scope.slice(scope.indexOf(':') + 1)),
            })),
        },
      ],
    },
  },
});
