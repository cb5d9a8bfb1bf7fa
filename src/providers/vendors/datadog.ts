import { headerAuth, pairHeaders } from '../define-provider.js';
import { flag, never, pages, provider, text, time } from '../language/index.js';

/** The part of a body that says these attributes. */
const part = (attributes: object) => ({ data: { type: 'api_keys', attributes } });

/**
 * Datadog: API keys, with which metrics and logs are sent. Two keys manage them: an API key, and an
 * application key that says who asks. Names are unique in an organization. `date_last_used` is null where a
 * key was not used in the past 90 days: that is no "never"; `used_in_last_24_hours` says less. Leaks that
 * Datadog found (`leak_information`) are in another request for each key: they are not read. Personal access
 * tokens are no keys of an organization. Source: DataDog/datadog-api-client-typescript@a6d174205
 * cassettes/v2/Key-Management, DataDog/documentation content/en/account_management/api-app-keys.md.
 */
export const datadog = provider({
  id: 'datadog',
  title: 'Datadog',
  documentation: 'https://docs.datadoghq.com/api/latest/key-management/',
  baseUrl: 'https://api.datadoghq.com',
  variable: 'DD_API_KEY',
  auth: headerAuth('dd-api-key'),
  managedBy: 'pair',
  managementAuth: pairHeaders('dd-api-key', 'dd-application-key'),
  check: 'GET /api/v1/validate',
  names: 'unique',
  options: {
    category: text('attributes.category', {
      accepts: 'category of the key',
      send: 'data.attributes.category',
    }),
    remote_config_read_enabled: flag('attributes.remote_config_read_enabled', {
      accepts: 'true: agents with this key may read their remote configuration',
      send: 'data.attributes.remote_config_read_enabled',
    }),
  },
  credentialNeeds: 'The credential that manages keys is api-key:application-key.',
  notes: [
    'Every site has its address: --base-url https://api.datadoghq.eu, https://api.us5.datadoghq.com and so on.',
    'Keys have no scopes and no expiry. Application keys: --provider datadog-application.',
    'Two keys cannot have one name: the successor of web is "web 2".',
  ],
  keys: {
    path: '/api/v2/api_keys',
    one: 'data',
    idIn: 'data.id',
    list: {
      in: 'data',
      pages: pages.numbered({
        page: 'page[number]',
        size: 'page[size]',
        from: 0,
        most: 100,
        total: 'meta.page.total_filtered_count',
      }),
      query: () => ({ sort: '-created_at' }),
    },
    // Each response for one key shows its secret again: it is left unread.
    secret: 'data.attributes.key',
    fields: {
      name: text('attributes.name', {
        updates: true,
        send: (name) => part({ name }),
      }),
      hint: text('attributes.last4'),
      created_at: time('attributes.created_at'),
      last_used: time('attributes.date_last_used'),
      expires_at: never,
      owner: 'relationships.created_by.data.id',
    },
    update: {},
  },
});
