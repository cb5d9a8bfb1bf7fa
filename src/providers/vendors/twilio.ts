import { basic } from '../define-provider.js';
import { never, pages, provider, text, time } from '../language/index.js';

/**
 * Twilio: a key is a pair, a SID and a secret, used in place of account SID and auth token. Bodies are forms,
 * dates RFC 2822. Source: twilio/twilio-oai@d50069b api_v2010.
 */
export const twilio = provider({
  id: 'twilio',
  title: 'Twilio',
  documentation: 'https://www.twilio.com/docs/iam/api-keys',
  baseUrl: 'https://api.twilio.com',
  context: { account: 'the SID of the account (AC…)' },
  variable: { api_key: 'TWILIO_API_KEY', secret_key: 'TWILIO_API_SECRET' },
  prefixes: [{ prefix: 'SK', pattern: /^SK[0-9a-f]{32}$/ }],
  auth: basic,
  managedBy: 'pair',
  managementPrefixes: ['AC'],
  check: 'GET /2010-04-01/Accounts/{account}/Messages.json?PageSize=1',
  credentialNeeds:
    'The credential that manages keys is user:password: account SID and auth token, or the pair of a main key.',
  notes: [
    'Keys created here are standard keys: they can do everything except manage accounts and keys.',
    'Restricted keys: --provider twilio-restricted.',
  ],
  keys: {
    path: '/2010-04-01/Accounts/{account}/Keys',
    encoding: 'form',
    list: {
      at: 'GET {keys}.json',
      in: 'keys',
      pages: pages.link({ size: 'PageSize', most: 1000, next: 'next_page_uri' }),
    },
    get: 'GET {keys}/{id}.json',
    secret: { api_key: 'sid', secret_key: 'secret' },
    fields: {
      id: 'sid',
      name: text('friendly_name', { send: 'FriendlyName', updates: true }),
      created_at: time('date_created'),
      expires_at: never,
    },
    create: { at: 'POST {keys}.json' },
    update: { at: 'POST {keys}/{id}.json' },
    revoke: { at: 'DELETE {keys}/{id}.json' },
  },
});
