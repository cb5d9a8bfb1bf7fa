import { expiry, pages, provider, statusOf, strings, text, texts, timeOrNever } from '../language/index.js';

/**
 * Clerk: keys that your users and organizations have for an API of your own. Metadata are claims; a revoked
 * key stays listed. Why one was revoked (`revocation_reason`) is not shown; DELETE, which removes it from the
 * list, is not sent. Source: clerk/openapi-specs@7987d1b bapi/2026-05-12; npm @clerk/backend 3.25.0.
 */
export const clerk = provider({
  id: 'clerk',
  title: 'Clerk',
  documentation: 'https://clerk.com/docs/guides/development/machine-auth/api-keys',
  baseUrl: 'https://api.clerk.com/v1',
  context: { subject: 'id of the user or organization whose keys these are (user_… or org_…)' },
  variable: 'API_KEY',
  prefixes: ['ak_'],
  marks: false,
  managementPrefixes: ['sk_live_', 'sk_test_'],
  options: { description: text('description', { accepts: 'what the key is for', updates: true }) },
  credentialNeeds:
    'Keys are managed with the secret key of your Clerk instance; the keys created here are for your own API.',
  notes: ['A name has at least three characters.'],
  keys: {
    path: '/api_keys',
    list: {
      in: 'data',
      pages: pages.offset({ size: 'limit', most: 100, total: 'total_count' }),
      query: ({ subject }) => ({ subject, include_invalid: 'true' }),
    },
    secret: 'secret',
    fields: {
      name: 'name',
      status: statusOf({ revoked: 'revoked', expired: 'expired' }),
      scopes: texts('scopes', { accepts: 'what the key may do, in words of your own', updates: true }),
      metadata: strings('claims', { accepts: 'claims of the key', absent: {}, updates: true }),
      last_used: timeOrNever('last_used_at'),
      expires_at: expiry('expiration', {
        accepts: 'any time to come, to the second',
        as: 'seconds-from-now',
        send: 'seconds_until_expiration',
        updates: true,
      }),
      owner: 'subject',
    },
    create: { body: (_, { set: { subject } }) => ({ subject }) },
    update: {},
    revoke: { at: 'POST {keys}/{id}/revoke', body: {} },
    recover: { at: 'GET {keys}/{id}/secret' },
    // A key that ended is an error too: 400 or 404.
    verify: { at: 'POST {keys}/verify', body: ({ key }) => ({ secret: key }), unknown: [400, 404] },
  },
});
