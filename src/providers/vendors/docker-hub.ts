import { credentialParts } from '../../domain/key.js';
import { expiry, pages, provider, status, text, texts, timeOrNever, valueAt } from '../language/index.js';

/** Epoch milliseconds at which a JWT ends, a minute early: a request takes time. */
function endOf(jwt: string): number {
  const claims: unknown = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'));
  return Number(valueAt(claims, 'exp')) * 1000 - 60_000;
}

/**
 * Docker Hub: personal access tokens. A login changes user name and password, or user name and a token, for a
 * JWT. A token can be switched off and on. Source: docs.docker.com/reference/api/hub/latest (operations and
 * schemas of access-tokens, auth).
 */
export const dockerHub = provider({
  id: 'docker-hub',
  title: 'Docker Hub',
  documentation: 'https://docs.docker.com/reference/api/hub/latest/',
  baseUrl: 'https://hub.docker.com',
  variable: 'DOCKERHUB_TOKEN',
  prefixes: ['dckr_pat_'],
  managedBy: 'pair',
  login: {
    keep: true,
    call(credential) {
      const [identifier, secret] = credentialParts(credential);
      return { method: 'POST', path: '/v2/auth/token', body: { identifier, secret }, readOnly: true };
    },
    read({ body }) {
      const token = String(valueAt(body, 'access_token'));
      return { headers: { authorization: `Bearer ${token}` }, expiresAt: endOf(token) };
    },
  },
  credentialNeeds: 'The credential that manages tokens is user:password, or user:token.',
  notes: [
    'Access tokens of organizations are not managed here.',
    'A token is not tried: that takes the user name as well.',
  ],
  keys: {
    path: '/v2/access-tokens',
    list: { in: 'results', pages: pages.numbered({ size: 'page_size', most: 100, total: 'count' }) },
    secret: 'token',
    fields: {
      id: 'uuid',
      name: text('token_label', { updates: true }),
      status: status('is_active', { true: 'active', false: 'paused' }),
      scopes: texts('scopes', {
        accepts: 'what it may do with repositories',
        values: ['repo:admin', 'repo:write', 'repo:read', 'repo:public_read'],
        required: true,
      }),
      last_used: timeOrNever('last_used'),
      expires_at: expiry('expires_at', { accepts: 'any time' }),
    },
    update: {},
    pause: { paused: { is_active: false }, active: { is_active: true } },
  },
});
