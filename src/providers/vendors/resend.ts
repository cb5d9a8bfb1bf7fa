import { never, pages, provider, timeOrNever, writeOnly } from '../language/index.js';

/**
 * Resend: keys for sending mail. No response tells what a key may do, or for which domain.
 * Source: resend/resend-openapi@fd6f395; npm resend 6.38.0 (`apiKeys.update`).
 */
export const resend = provider({
  id: 'resend',
  title: 'Resend',
  documentation: 'https://resend.com/docs/api-reference/api-keys',
  baseUrl: 'https://api.resend.com',
  variable: 'RESEND_API_KEY',
  prefixes: ['re_'],
  options: {
    domain: writeOnly('text', {
      accepts: 'id of the one domain that the key may send from',
      send: 'domain_id',
    }),
  },
  credentialNeeds: 'A key that may only send cannot manage keys: log in with one of full_access.',
  keys: {
    path: '/api-keys',
    list: { in: 'data', pages: pages.after({ cursor: 'after', size: 'limit', most: 100, more: 'has_more' }) },
    get: false,
    secret: 'token',
    fields: {
      last_used: timeOrNever('last_used_at'),
      expires_at: never,
      scopes: writeOnly<readonly string[]>('texts', {
        accepts: 'what the key may do',
        values: ['full_access', 'sending_access'],
        most: 1,
        default: ['full_access'],
        send: ([permission]) => ({ permission }),
      }),
    },
    create: { returns: 'id' },
    update: { returns: 'nothing' },
  },
});
