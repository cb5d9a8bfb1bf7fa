import { DAY_MS } from '../../domain/duration.js';
import { KeysError } from '../../domain/errors.js';
import { flag, pages, provider, texts, time, writeOnly } from '../language/index.js';

const PERMISSIONS = ['read-only', 'read-write', 'no-access'];
/** An end was computed some moments ago: 30 days from then are not 29. */
const MINUTE_MS = 60_000;

/**
 * npm, at a registry's address: granular access tokens of the user who calls. A create needs the account's
 * password, and a one-time code where the account has a second factor. A lifetime is a number of days. The
 * registry does not show again what a token may do. Source: npm/cli 11.19 lib/commands/token.js.
 */
export const npm = provider({
  id: 'npm',
  title: 'npm',
  documentation: 'https://docs.npmjs.com/about-access-tokens',
  context: { 'otp?': 'one-time code, for an account with a second factor; it is good for one request' },
  variable: 'NPM_TOKEN',
  prefixes: ['npm_'],
  managedBy: 'pair',
  check: 'GET /-/whoami',
  options: {
    description: writeOnly<string>('text', { accepts: 'what the token is for', send: 'description' }),
    packages: writeOnly<readonly string[]>('texts', { accepts: 'packages that it is for', send: 'packages' }),
    package_scopes: writeOnly<readonly string[]>('texts', {
      accepts: 'scopes whose packages it is for, such as @acme',
      send: 'scopes',
    }),
    permission: writeOnly<string>('text', {
      accepts: 'what it may do with these packages (npm: no-access without packages)',
      values: PERMISSIONS,
      send: 'packages_and_scopes_permission',
    }),
    orgs: writeOnly<readonly string[]>('texts', { accepts: 'organizations that it is for', send: 'orgs' }),
    orgs_permission: writeOnly<string>('text', {
      accepts: 'what it may do with these organizations',
      values: PERMISSIONS,
      send: 'orgs_permission',
    }),
    bypass_2fa: writeOnly<boolean>('flag', {
      accepts: 'true: it publishes without a second factor',
      send: 'bypass_2fa',
    }),
    readonly: flag('readonly', { accepts: 'true: it cannot publish (tokens of the older kind)' }),
  },
  credentialNeeds:
    "The credential that manages tokens is token:password: a token of your user, and the account's password, which a create needs.",
  notes: [
    'The address is that of the registry, as npm config get registry prints it: --base-url.',
    'Lifetimes are whole days.',
  ],
  keys: {
    path: '/-/npm/v1/tokens',
    headers: ({ otp }) => ({ 'npm-otp': otp }),
    list: { in: 'objects', pages: pages.link({ size: 'perPage', most: 1000, next: 'urls.next' }) },
    get: false,
    secret: 'token',
    fields: {
      id: 'key',
      created_at: time('created'),
      expires_at: time('expires', {
        accepts: 'a number of days, such as 30d',
        unsaid: 'when npm decides',
        send: (end, { now }) => ({
          expires: Math.max(1, Math.floor((Date.parse(end) - now + MINUTE_MS) / DAY_MS)),
        }),
      }),
      ips: texts('cidr_whitelist', { accepts: 'IPv4 networks, such as 192.0.2.0/24', absent: [] }),
    },
    create: {
      body(_, { credential }) {
        if ('secret' in credential)
          throw new KeysError('usage', 'npm needs token:password to create a token');
        return { password: credential.secret_key };
      },
    },
    revoke: { at: 'DELETE {keys}/token/{id}' },
  },
});
