import { basic, type RequestAuth } from '../define-provider.js';
import { custom, expiry, first, members, provider, single, status, text } from '../language/index.js';

/** HTTP Basic with a user that is always the same. */
const auth: RequestAuth = (credential, request) =>
  basic('secret' in credential ? { api_key: 'api', secret_key: credential.secret } : credential, request);

const ofDomain = (domain: string | undefined) =>
  domain ? { kind: 'domain', domain_name: domain } : undefined;

/**
 * Mailgun: keys of the account, or of one domain for sending. Bodies are forms, times have no zone. The
 * public validation key (POST /v1/keys/public) is another kind: it can be neither listed nor revoked. Source:
 * mailgun/mailgun-go@d7f2dd4, mailgun/mailgun.js@2fa8fff, documentation.mailgun.com (get and post /v1/keys).
 */
export const mailgun = provider({
  id: 'mailgun',
  title: 'Mailgun',
  documentation: 'https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/keys',
  baseUrl: 'https://api.mailgun.net',
  variable: 'MAILGUN_API_KEY',
  auth,
  options: {
    domain: custom<string>(({ domain_name }) => (domain_name ? String(domain_name) : undefined), {
      kind: 'text',
      accepts: 'the domain that the key sends from, instead of a key of the account',
      send: ofDomain,
    }),
    kind: custom<string>(({ kind }) => (kind === 'web' ? kind : undefined), {
      kind: 'text',
      accepts: 'web for a key of the dashboard of a user, instead of a key of the account',
      values: ['web'],
      send: (kind) => ({ kind }),
    }),
    user_id: text('user_id', { accepts: 'id of the user whose key it is' }),
    user_name: text('user_name', { accepts: 'name of that user' }),
    email: text('email', { accepts: 'email address of that user' }),
  },
  // Not in the published document: the id is the end of a secret that is made today.
  idInSecret: (secret) => /^[0-9a-f]{32}-([0-9a-f]{8}-[0-9a-f]{8})$/.exec(secret)?.[1],
  credentialNeeds: 'A key of the role admin manages keys.',
  notes: [
    'With --set domain=… a list has the keys of that domain alone.',
    'The EU has an address of its own: --base-url https://api.eu.mailgun.net.',
  ],
  keys: {
    path: '/v1/keys',
    encoding: 'form',
    list: { in: 'items', query: ({ domain }) => ({ ...ofDomain(domain) }) },
    get: false,
    secret: 'key.secret',
    fields: {
      name: first(text('description'), text('id')),
      scopes: single('role', {
        accepts: 'the role of the key: sending goes with a domain, the others do not',
        values: ['admin', 'basic', 'developer', 'sending'],
        required: true,
      }),
      status: status('is_disabled', { true: 'revoked', false: 'active' }),
      expires_at: expiry('expires_at', {
        accepts: 'any time, as seconds from now',
        as: 'seconds-from-now',
        never: '',
        send: 'expiration',
      }),
      owner: 'requestor',
      metadata: members('disabled_reason'),
    },
    create: { one: 'key' },
  },
});
