import { headerAuth, pairHeaders } from '../define-provider.js';
import { never, pages, provider, text, texts, time } from '../language/index.js';

const OWN_KEYS = 'POST /api/v2/current_user/application_keys';

/** The part of a body that says these attributes. */
const part = (attributes: object) => ({ data: { type: 'application_keys', attributes } });

/**
 * Datadog: application keys, which say who asks and what they may do; a request needs an API key beside one.
 * A new key belongs to the user whose pair this is, or to a service account. Source: Datadog's OpenAPI
 * document (key-management); DataDog/documentation content/en/account_management/api-app-keys.md.
 */
export const datadogApplication = provider({
  id: 'datadog-application',
  title: 'Datadog application keys',
  documentation: 'https://docs.datadoghq.com/api/latest/key-management/',
  baseUrl: 'https://api.datadoghq.com',
  context: { 'service_account?': 'id of the service account whose keys these are, instead of all' },
  variable: 'DD_APP_KEY',
  auth: headerAuth('dd-application-key'),
  managedBy: 'pair',
  managementAuth: pairHeaders('dd-api-key', 'dd-application-key'),
  names: 'unique',
  credentialNeeds:
    'The credential is api-key:application-key. Every site has its address, such as https://api.datadoghq.eu.',
  notes: ['The successor of web is "web 2". A new key is not tried: that takes an API key as well.'],
  keys: {
    path: ['/api/v2/service_accounts/{service_account}/application_keys', '/api/v2/application_keys'],
    one: 'data',
    idIn: 'data.id',
    list: {
      in: 'data',
      pages: pages.numbered({ page: 'page[number]', size: 'page[size]', from: 0, most: 100 }),
    },
    // A response for one key can show its secret again: it is left unread.
    secret: 'data.attributes.key',
    fields: {
      name: text('attributes.name', { updates: true, send: (name) => part({ name }) }),
      hint: text('attributes.last4'),
      scopes: texts('attributes.scopes', {
        accepts: 'such as dashboards_read,monitors_write (default: all that its owner may do)',
        updates: true,
        send: (scopes) => part({ scopes }),
      }),
      created_at: time('attributes.created_at'),
      last_used: time('attributes.last_used_at'),
      expires_at: never,
      owner: 'relationships.owned_by.data.id',
    },
    create: { at: (_, { service_account: account }) => (account ? 'POST {keys}' : OWN_KEYS) },
    update: {},
  },
});
