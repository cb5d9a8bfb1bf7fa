import { textsShape } from '../../http/wire/response-shapes.js';
import { headerAuth, operation } from '../define-provider.js';
import { custom, flag, json, never, number, pages, provider, text, time } from '../language/index.js';

const BASE_ROLES = ['reader', 'writer', 'admin'];

const rolesOf = (scopes: readonly string[]) => ({
  role: scopes.find((scope) => BASE_ROLES.includes(scope)),
  customRoleIds: scopes.filter((scope) => !BASE_ROLES.includes(scope)),
});

interface Roles {
  readonly role?: string;
  readonly customRoleIds?: readonly string[];
  readonly inlineRole?: readonly unknown[];
}

/**
 * A token has a base role or custom roles: what is not asked for is removed, else the token keeps it beside
 * the new one.
 */
function patchOf(scopes: readonly string[], before: Roles) {
  const { role, customRoleIds } = rolesOf(scopes);
  const put = (name: string, value: unknown) => ({ op: 'replace', path: `/${name}`, value });
  const remove = (name: keyof Roles) => (before[name]?.length ? [{ op: 'remove', path: `/${name}` }] : []);
  return role === undefined
    ? [put('customRoleIds', customRoleIds), ...remove('role')]
    : [put('role', role), ...remove('customRoleIds')];
}

/**
 * LaunchDarkly: access tokens of its API. A reset gives the token another value, and the request names when
 * the old one ends. Longer than other vendors' files: a token has a base role or custom roles, which a JSON
 * Patch must replace together. Source: launchdarkly/api-client-go@a434796e;
 * launchdarkly/terraform-provider-launchdarkly@96625c9e resource_access_token_framework.go.
 */
export const launchdarkly = provider({
  id: 'launchdarkly',
  title: 'LaunchDarkly',
  documentation: 'https://launchdarkly.com/docs/api/access-tokens',
  baseUrl: 'https://app.launchdarkly.com',
  variable: 'LAUNCHDARKLY_ACCESS_TOKEN',
  prefixes: ['api-'],
  auth: headerAuth('authorization'),
  headers: { 'ld-api-version': '20240415' },
  check: 'GET /api/v2/caller-identity',
  options: {
    description: text('description', { accepts: 'what the token is for' }),
    service: flag('serviceToken', { accepts: 'true for a service token, which belongs to no member' }),
    default_api_version: number('defaultApiVersion', {
      accepts: 'version of the API for requests that name none, such as 20240415',
    }),
    inline_role: json('inlineRole', { accepts: 'a policy of its own in the place of roles, as JSON' }),
  },
  notes: [
    'SDK keys and mobile keys belong to an environment, one of each: they are not managed here.',
    'A roll keeps the id of the token: revoking it ends the old value and the new one.',
    'Tokens of other members are listed for a token of the role admin alone.',
  ],
  keys: {
    path: '/api/v2/tokens',
    list: {
      in: 'items',
      // Whether its count is of all tokens or of these is not said: a full page is followed by another look.
      pages: pages.offset({ size: 'limit', most: 100 }),
      query: () => ({ showAll: 'true' }),
    },
    // All of it after a create and a reset, else its last four characters.
    secret: 'token',
    fields: {
      id: '_id',
      hint: custom(({ token }) => (typeof token === 'string' ? token.slice(-4) : undefined)),
      scopes: custom<readonly string[]>(
        (record) => {
          const { role, customRoleIds = [], inlineRole = [] } = record as Roles;
          // An inline role is a policy of its own, which no list of names can say.
          return inlineRole.length > 0 ? undefined : role ? [role, ...customRoleIds] : customRoleIds;
        },
        {
          accepts: 'reader, writer or admin; or ids of custom roles',
          updates: true,
          send(scopes) {
            const { role, customRoleIds } = rolesOf(scopes);
            return { role, ...(customRoleIds.length > 0 ? { customRoleIds } : {}) };
          },
        },
      ),
      created_at: time('creationDate'),
      last_used: time('lastUsed'),
      expires_at: never,
    },
    update: {
      encoding: 'json-patch',
      reads: true,
      body: ({ name, scopes }, { record }) => [
        ...(name === undefined ? [] : [{ op: 'replace', path: '/name', value: name }]),
        ...(scopes === undefined ? [] : patchOf(scopes, record as Roles)),
      ],
    },
    roll: { at: 'POST {keys}/{id}/reset', query: ({ ends }) => ({ expiry: ends }), inPlace: true },
    operations: {
      whoami: operation({
        call: () => ({ method: 'GET', path: '/api/v2/caller-identity' }),
        response: textsShape('tokenId', 'tokenName'),
        read: ({ tokenId, tokenName }) =>
          tokenId === undefined ? null : { id: tokenId, name: tokenName ?? tokenId },
      }),
    },
  },
});
