import { never, provider, texts } from '../language/index.js';

/**
 * SendGrid: keys for sending mail. It does not say when a key was created or used, and lists all (at most
 * 100) at once; what a key may do is in the response for one key alone, in a list of one. Source:
 * twilio/sendgrid-oai@dbe0e0d.
 */
export const sendgrid = provider({
  id: 'sendgrid',
  title: 'SendGrid',
  documentation: 'https://www.twilio.com/docs/sendgrid/api-reference/api-keys',
  baseUrl: 'https://api.sendgrid.com',
  context: { 'subuser?': 'name of the subuser whose keys these are, instead of yours' },
  variable: 'SENDGRID_API_KEY',
  prefixes: ['SG.'],
  idInSecret: (secret) => /^SG\.([^.]+)\./.exec(secret)?.[1],
  check: 'GET /v3/scopes',
  notes: [
    'A key that is created without scopes has full access.',
    'A revoked key may be accepted for a moment longer.',
    'Accounts of the EU region: --base-url https://api.eu.sendgrid.com.',
  ],
  keys: {
    path: '/v3/api_keys',
    headers: ({ subuser }) => ({ 'on-behalf-of': subuser }),
    one: 'result',
    list: { in: 'result' },
    secret: 'api_key',
    fields: {
      id: 'api_key_id',
      scopes: texts('scopes', {
        accepts: 'permissions such as mail.send: GET /v3/scopes shows those that a key has',
        updates: true,
        onlyGet: true,
      }),
      expires_at: never,
    },
    // Scopes are put together with the name; a name alone is patched, so that the scopes stay as they are.
    update: {
      at: ({ scopes }) => (scopes === undefined ? 'PATCH {keys}/{id}' : 'PUT {keys}/{id}'),
      reads: true,
      body: ({ name, scopes }, { record }) => ({ name: name ?? (record as { name: string }).name, scopes }),
      returns: 'nothing',
    },
  },
});
