import { basic } from '../define-provider.js';
import { never, pages, provider, text, texts, time } from '../language/index.js';

/**
 * Twilio: restricted keys, which a policy gives single permissions. They are managed at another address than
 * standard keys; its list has both, and only the response for one key has the policy. Source:
 * twilio/twilio-oai@00c8d36 spec/json/twilio_iam_v1.json.
 */
export const twilioRestricted = provider({
  id: 'twilio-restricted',
  title: 'Twilio restricted keys',
  documentation: 'https://www.twilio.com/docs/iam/api-keys/restricted-api-keys',
  baseUrl: 'https://iam.twilio.com',
  context: { account: 'the SID of the account (AC…)' },
  variable: { api_key: 'TWILIO_API_KEY', secret_key: 'TWILIO_API_SECRET' },
  auth: basic,
  managedBy: 'pair',
  managementPrefixes: ['AC'],
  credentialNeeds:
    'The credential that manages keys is user:password: account SID and auth token, or the pair of a main key.',
  notes: [
    'The list has standard keys too: --provider twilio rolls those.',
    'A new key is not tried: which request it may send depends on its scopes.',
  ],
  keys: {
    path: '/v1/Keys',
    encoding: 'form',
    list: {
      in: 'keys',
      query: ({ account }) => ({ AccountSid: account }),
      pages: pages.link({ size: 'PageSize', most: 1000, next: 'meta.next_page_url' }),
    },
    secret: { api_key: 'sid', secret_key: 'secret' },
    fields: {
      id: 'sid',
      name: text('friendly_name', { send: 'FriendlyName', updates: true }),
      scopes: texts('policy.allow', {
        accepts: 'permissions such as /twilio/messaging/messages/read',
        required: true,
        updates: true,
        onlyGet: true,
        send: (allow) => ({ Policy: JSON.stringify({ allow }) }),
      }),
      created_at: time('date_created'),
      expires_at: never,
    },
    create: { body: (_, { set: { account } }) => ({ AccountSid: account, KeyType: 'restricted' }) },
    update: { at: 'POST {keys}/{id}' },
  },
});
