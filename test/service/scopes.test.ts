import { describe, expect, it } from 'vitest';
import type { KeyService } from '../../src/domain/key-service.js';
import { hasScope } from '../../src/domain/scopes.js';
import { ROUTES, type RouteName } from '../../src/http/wire/routes.js';
import { idempotent, secretOf } from '../contract/key-service.js';
import { startTestService } from '../support/key-service-server.js';
import { testClient } from '../support/test-client.js';

/** What each endpoint returns, and to whom; `{id}` is a key that is there. */
const ALLOWED: Readonly<Record<RouteName, { readonly status: number; readonly body?: unknown }>> = {
  create: { status: 201, body: { name: 'made' } },
  list: { status: 200 },
  verify: { status: 200, body: { key: 'sk_live_x' } },
  get: { status: 200 },
  update: { status: 200, body: { name: 'changed' } },
  roll: { status: 201, body: {} },
  // Nothing is kept for this request.
  acknowledge: { status: 404 },
  revoke: { status: 200 },
  events: { status: 200 },
  usage: { status: 200 },
  whoami: { status: 200 },
  authorize: { status: 204 },
};

const HOLDERS = [
  [],
  ['keys:read'],
  ['keys:write'],
  ['keys:verify'],
  ['keys:create'],
  // Without an owner, it reaches nothing.
  ['keys:own'],
  ['keys:read', 'keys:write', 'keys:verify'],
  ['*'],
];
const NAMES = Object.keys(ROUTES) as RouteName[];

describe('each endpoint, against each scope', () => {
  async function call(url: string, owner: KeyService, name: RouteName, secret: string | null) {
    const { key } = await owner.create({ name: 'target' }, idempotent());
    const { method, path } = ROUTES[name];
    const { body } = ALLOWED[name];
    const response = await fetch(url + path.replace('{id}', key.id), {
      method,
      headers: {
        ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const told = response.status < 400 ? undefined : JSON.parse(text).details?.scope;
    return { status: response.status, told, key: await owner.get(key.id), before: key };
  }

  it.each(HOLDERS.map((scopes) => [scopes.join(' ') || 'no scope', scopes] as const))(
    'held by %s',
    async (_, scopes) => {
      const server = await startTestService();
      const { service: owner } = testClient(server.url, server.managementKey);
      const secret = secretOf(await owner.create({ name: 'holder', scopes }, idempotent()));
      for (const name of NAMES) {
        const { scope } = ROUTES[name];
        const may = scope === null || hasScope(scopes, scope);
        const { status, told, key, before } = await call(server.url, owner, name, secret);
        expect([name, status]).toEqual([name, may ? ALLOWED[name].status : 403]);
        if (may) continue;
        expect([name, told]).toEqual([name, scope]);
        expect(key).toEqual(before);
      }
    },
  );

  it.each(NAMES)('is refused without a key: %s', async (name) => {
    const server = await startTestService();
    const { service: owner } = testClient(server.url, server.managementKey);
    const { status, key, before } = await call(server.url, owner, name, null);
    expect(status).toBe(401);
    expect(key).toEqual(before);
  });
});
