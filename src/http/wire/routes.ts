import { SCOPE_CREATE, SCOPE_READ, SCOPE_VERIFY, SCOPE_WRITE } from '../../domain/scopes.js';

/** One of the key endpoints: both ends take method, path and the scope it needs from here. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** `{id}` stands for one percent-encoded segment. */
  readonly path: string;
  /** The scope that the calling key must hold; null: any valid key. */
  readonly scope: string | null;
  readonly summary: string;
}

export const ROUTES = {
  create: {
    method: 'POST',
    path: '/v1/api-keys',
    scope: SCOPE_CREATE,
    summary: 'create a key; its secret is in this response alone',
  },
  list: { method: 'GET', path: '/v1/api-keys', scope: SCOPE_READ, summary: 'a page of keys, newest first' },
  verify: {
    method: 'POST',
    path: '/v1/api-keys/verify',
    scope: SCOPE_VERIFY,
    summary: 'whether a key is valid, and if not, why',
  },
  get: { method: 'GET', path: '/v1/api-keys/{id}', scope: SCOPE_READ, summary: "one key's record" },
  update: {
    method: 'PATCH',
    path: '/v1/api-keys/{id}',
    scope: SCOPE_WRITE,
    summary: 'change what is named in the body',
  },
  roll: {
    method: 'POST',
    path: '/v1/api-keys/{id}/roll',
    scope: SCOPE_WRITE,
    summary: 'a successor; the old key works until its grace period is over',
  },
  acknowledge: {
    method: 'POST',
    path: '/v1/api-keys/{id}/acknowledge',
    scope: SCOPE_CREATE,
    summary: 'the secret has arrived: drop what was kept for a repeat',
  },
  revoke: {
    method: 'DELETE',
    path: '/v1/api-keys/{id}',
    scope: SCOPE_WRITE,
    summary: 'revoke a key at once',
  },
  events: {
    method: 'GET',
    path: '/v1/events',
    scope: SCOPE_READ,
    summary: 'a page of the audit trail, newest first: who did what when to which key',
  },
  usage: {
    method: 'GET',
    path: '/v1/api-keys/{id}/usage',
    scope: SCOPE_READ,
    summary: 'how often a key was used and refused, by day (UTC), newest first',
  },
  whoami: { method: 'GET', path: '/v1/whoami', scope: null, summary: "the calling key's own record" },
  authorize: {
    method: 'GET',
    path: '/v1/authorize',
    scope: null,
    summary: "a gateway's check of its caller's key: 204, 401 or 403",
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;

/** The documented message of a revocation, to the letter. */
export const REVOKED_MESSAGE = 'API key revoked successfully';

export const PROBLEM_TYPE = 'application/problem+json';
