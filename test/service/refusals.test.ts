import { describe, expect, it } from 'vitest';
import { isoTime } from '../../src/domain/clock.js';
import type { Key } from '../../src/domain/key.js';
import type { CreateKey } from '../../src/domain/key-service.js';
import { checksum } from '../../src/domain/secret-format.js';
import { idempotent, secretOf } from '../contract/key-service.js';
import { FAKE_SECRETS } from '../support/fake-secrets.js';
import { startTestService } from '../support/key-service-server.js';
import { rawRequest } from '../support/raw-request.js';
import { testClient } from '../support/test-client.js';

async function serving(options: Parameters<typeof startTestService>[0] = {}) {
  const service = await startTestService({ trustProxies: ['127.0.0.1'], ...options });
  const manager = testClient(service.url, service.managementKey).service;
  const create = async (request: Partial<CreateKey> = {}) => {
    const created = await manager.create({ name: 'web', ...request }, idempotent());
    return { id: created.key.id, secret: secretOf(created) };
  };
  const authorize = async (secret: string | undefined, query = '', headers: Record<string, string> = {}) => {
    const key = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
    const response = await rawRequest(`${service.url}/v1/authorize${query}`, {
      headers: { ...key, ...headers },
    });
    return { ...response, problem: response.body === '' ? undefined : JSON.parse(response.body) };
  };
  return { service, manager, create, authorize };
}

describe('a refusal says its cause and what to do', () => {
  it('for a key that is missing, malformed, mistyped or unknown', async () => {
    const { create, authorize } = await serving();
    const { secret } = await create();
    const never = `sk_live_${'0'.repeat(33)}`;
    const cases = [
      [undefined, 'missing'],
      [secret.slice(0, -3), 'malformed'],
      [secret.slice(0, -1) + (secret.endsWith('0') ? '1' : '0'), 'mistyped'],
      [never + checksum(never), 'unknown'],
    ] as const;
    for (const [key, reason] of cases) {
      const { status, problem } = await authorize(key);
      expect([status, problem.details]).toEqual([401, { reason }]);
      expect(problem.hint).toMatch(/\w/);
    }
  });

  it('for a key with what stood around it, and for what stands in the place of a key', async () => {
    for (const policy of ['keys', 'swiftsell'] as const) {
      const { create, authorize } = await serving({ policy });
      const { secret } = await create();
      const never = `sk_live_${'0'.repeat(33)}`;
      const other = never + checksum(never);
      const wrong = [`"${secret}"`, `'${secret}'`, `"${secret}`, `${secret}"`, `<${secret}>`, `${secret};`];
      for (const key of [...wrong, `"${other}"`, 'YOUR_API_KEY', 'your-api-key', '$API_KEY', 'xxxxxxxx']) {
        const { status, problem } = await authorize(key);
        expect([key, status, problem.details, problem.hint]).toEqual([
          key,
          401,
          { reason: 'malformed' },
          expect.stringContaining('without quotation marks'),
        ]);
        expect(JSON.stringify(problem)).not.toContain(secret);
      }
      expect((await authorize('a-key-of-another-system-1')).problem.details).toEqual({ reason: 'unknown' });
    }
  });

  it('for two Authorization headers, at the gateway and for what manages keys', async () => {
    const { service, create } = await serving();
    const [live, test] = [await create(), await create({ environment: 'test' })];
    const manages = service.managementKey;
    for (const [path, one, other] of [
      ['/v1/authorize', live.secret, test.secret],
      ['/v1/authorize', live.secret, live.secret],
      ['/v1/whoami', live.secret, test.secret],
      ['/v1/api-keys', manages, live.secret],
    ] as const) {
      const authorization = [one, other].map((key) => `Bearer ${key}`);
      const { status, body } = await rawRequest(service.url + path, { headers: { authorization } });
      expect([path, status, JSON.parse(body).details]).toEqual([path, 401, { reason: 'ambiguous' }]);
    }
  });

  it('for a plain key in the header of its own system: that it may not manage keys', async () => {
    const { service, create } = await serving({ policy: 'swiftsell' });
    const list = async (key: string) => {
      const { status, body } = await rawRequest(`${service.url}/v1/api-keys`, {
        headers: { 'x-api-key': key },
      });
      return [status, JSON.parse(body).code];
    };
    expect(await list((await create()).secret)).toEqual([403, 'forbidden']);
    expect(await list('ss_unknown_0001')).toEqual([401, 'unauthenticated']);
    // What manages keys comes as a Bearer token under every policy.
    expect(await list(service.managementKey)).toEqual([401, 'unauthenticated']);
  });

  it('for a key in a header of another form: which form it has here', async () => {
    const { service, create } = await serving();
    const { secret } = await create();
    for (const [path, authorization] of [
      ['/v1/authorize', secret],
      ['/v1/authorize', `Basic ${secret}`],
      ['/v1/authorize', 'Bearer'],
      ['/v1/api-keys', secret],
    ] as const) {
      const { status, body } = await rawRequest(service.url + path, { headers: { authorization } });
      expect([status, JSON.parse(body)]).toEqual([
        401,
        expect.objectContaining({
          hint: expect.stringContaining('Authorization: Bearer <key>'),
          details: { reason: 'malformed' },
        }),
      ]);
      expect(body).not.toContain(secret);
    }
  });

  it('for a key that was revoked or has expired: since when', async () => {
    const { service, manager, create, authorize } = await serving();
    const [revoked, expired] = [
      await create(),
      await create({ expires_at: isoTime(service.clock.now() + 1_000) }),
    ];
    await manager.revoke(revoked.id);
    service.clock.advance(2_000);
    const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
    const first = await authorize(revoked.secret);
    expect([first.status, first.problem.detail]).toEqual([
      401,
      expect.stringMatching(/^the key was revoked at /),
    ]);
    const second = await authorize(expired.secret);
    expect([second.status, second.problem.detail]).toEqual([
      401,
      expect.stringMatching(/^the key expired at /),
    ]);
    for (const { problem } of [first, second]) expect(problem.detail).toMatch(time);
  });

  it('for a key that is not for this request: what was seen', async () => {
    const { create, authorize } = await serving();
    const { secret } = await create({ scopes: ['a:read'] });
    const scope = await authorize(secret, '?scope=a:write');
    expect(scope.problem).toMatchObject({
      status: 403,
      detail: 'the key lacks the scope a:write',
      details: { reason: 'scope_missing', scope: 'a:write' },
    });
    const at = await create({ restrictions: { ips: ['192.0.2.1'] } });
    expect((await authorize(at.secret)).problem.detail).toBe('the key may not be used from 127.0.0.1');
    const page = await create({ restrictions: { referrers: ['https://a.example'] } });
    const from = await authorize(page.secret, '', { referer: 'https://b.example/x?token=private' });
    expect(from.problem.detail).toBe('the key may not be used from the page https://b.example/x');
    const endpoint = await create({ restrictions: { endpoints: ['GET /a'] } });
    const line = { 'x-original-method': 'POST', 'x-original-uri': '/b?private' };
    const other = await authorize(endpoint.secret, '', line);
    expect(other.problem.detail).toBe('the key may not be used for POST /b');
    // An address with a secret is not repeated: proxies log what a refusal says.
    for (const inPath of [page.secret, `%73${page.secret.slice(1)}`, FAKE_SECRETS['openai']?.() ?? '']) {
      const referer = `https://b.example/${inPath}/x`;
      const leak = await authorize(page.secret, '', { referer });
      expect(leak.problem.detail).toMatch(/from the page \(an address that holds a secret\)$/);
      const path = { 'x-original-method': 'POST', 'x-original-uri': `/b/${inPath}` };
      const refused = await authorize(endpoint.secret, '', path);
      expect([refused.problem.status, JSON.stringify(refused)]).toEqual([
        expect.any(Number),
        expect.not.stringContaining(inPath.slice(12)),
      ]);
    }
  });
});

describe('the gateway', () => {
  it('gets the environment, type and service of a key', async () => {
    const { create, authorize } = await serving();
    const { id, secret } = await create({
      environment: 'test',
      type: 'public',
      service: 'Läden & co',
      scopes: ['a:b'],
    });
    expect((await authorize(secret)).headers).toMatchObject({
      'x-key-id': id,
      'x-key-scopes': 'a:b',
      'x-key-type': 'public',
      'x-key-environment': 'test',
      'x-key-service': 'L%C3%A4den%20%26%20co',
      'x-key-owner': '',
    });
    const plain = await authorize((await create()).secret);
    expect([plain.headers['x-key-service'], plain.headers['x-key-environment']]).toEqual(['', 'live']);
  });

  it('refuses a test key where live is demanded, by the request or by the service', async () => {
    const own = await serving({ gatewayEnvironment: 'live' });
    const asked = await serving();
    // A request cannot change what the operator set.
    const ofTest = await own.authorize(
      (await own.create({ environment: 'test' })).secret,
      '?environment=test',
    );
    expect([ofTest.status, ofTest.problem.detail]).toEqual([
      403,
      'environment: only live keys are accepted here, not test keys',
    ]);
    expect((await own.authorize((await own.create()).secret, '?environment=live')).status).toBe(204);
    for (const [{ create, authorize }, query] of [
      [own, ''],
      [asked, '?environment=live'],
    ] as const) {
      const test = await create({ environment: 'test' });
      const { status, problem } = await authorize(test.secret, query);
      expect([status, problem.detail, problem.hint]).toEqual([
        403,
        'this is a test key',
        'use a live key here',
      ]);
      expect((await authorize((await create()).secret, query)).status).toBe(204);
      expect((await authorize(test.secret, '?environment=test')).status).toBe(query === '' ? 403 : 204);
      expect((await authorize(test.secret, '?environment=test&environment=live')).status).toBe(400);
      for (const mistyped of [
        '?enviroment=live',
        '?env=live',
        '?environment[]=live',
        '?environment=',
        '?scope=',
      ])
        expect([mistyped, (await authorize(test.secret, mistyped)).status]).toEqual([mistyped, 400]);
      const bogus = await authorize(test.secret, '?environment=bogus');
      expect([bogus.status, bogus.problem.hint]).toEqual([400, 'one of live, test']);
    }
    const manager = asked.manager;
    const key = (await asked.create({ environment: 'test' })).secret;
    expect(await manager.verify({ key, environment: 'live' })).toMatchObject({ reason: 'wrong_environment' });
    await expect(manager.verify({ key, environment: 'Live' })).rejects.toMatchObject({
      code: 'invalid_request',
      hint: 'one of live, test',
    });
    await expect(startTestService({ gatewayEnvironment: 'demo' })).rejects.toThrow(
      'no key under the policy keys',
    );
  });
});

describe('a client that knows the documented page alone', () => {
  it('reads five fields, times to the second, no revoked key, and all in one response', async () => {
    const { service, manager, create } = await serving();
    service.clock.advance(123);
    const ids: string[] = [];
    const expires_at = isoTime(service.clock.now() + 3_600_456);
    for (let i = 0; i < 120; i++) ids.unshift((await create({ name: `key ${i}`, expires_at })).id);
    await manager.revoke(ids[0] ?? '');
    const get = async (path: string) => {
      const headers = { authorization: `Bearer ${service.managementKey}` };
      return JSON.parse((await rawRequest(service.url + path, { headers })).body);
    };
    await get('/v1/api-keys');
    const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
    for (let waited = 0; waited < 5_000; waited += 20) {
      const listed = await get('/v1/api-keys');
      expect(listed.success).toBe(true);
      expect(listed.data).toHaveLength(120);
      expect(listed.data.map(({ id }: { id: string }) => id)).not.toContain(ids[0]);
      const manages = listed.data.at(-1);
      if (manages.last_used === null) continue;
      for (const { id, name, prefix, created_at, expires_at } of listed.data) {
        if (id !== manages.id) expect(expires_at).toMatch(time);
        expect([id, name, prefix, created_at]).toEqual([
          expect.stringMatching(/^key_/),
          expect.any(String),
          'sk_live_',
          expect.stringMatching(time),
        ]);
      }
      expect(manages.last_used).toMatch(time);
      break;
    }
    const revoked = await get('/v1/api-keys?status=revoked');
    expect(revoked.data.map(({ id }: { id: string }) => id)).toEqual([ids[0]]);
    expect((await manager.list({ limit: 200 })).keys).toHaveLength(121);
  });

  it('reads paused and expired keys too: all that are not revoked, as the OpenAPI document says', async () => {
    const { service, manager, create } = await serving();
    const [paused, revoked, expired] = [
      await create(),
      await create(),
      await create({ expires_at: isoTime(service.clock.now() + 1_000) }),
    ];
    await manager.pause?.(paused.id);
    await manager.revoke(revoked.id);
    service.clock.advance(2_000);
    const get = async (path: string) => {
      const headers = { authorization: `Bearer ${service.managementKey}` };
      return JSON.parse((await rawRequest(service.url + path, { headers })).body);
    };
    const { data } = await get('/v1/api-keys');
    const statusOf = Object.fromEntries(data.map((key: Key) => [key.id, key.status]));
    expect(statusOf).toMatchObject({ [paused.id]: 'paused', [expired.id]: 'expired' });
    expect(statusOf).not.toHaveProperty(revoked.id);
    const { parameters } = (await get('/openapi.json')).paths['/v1/api-keys'].get;
    const defaults = parameters.map(
      ({ name, schema }: { name: string; schema: { default?: string } }) => [name, schema.default] as const,
    );
    expect(Object.fromEntries(defaults)).toMatchObject({
      ...{ status: 'active,retiring,paused,expired', limit: '1000' },
    });
  });

  it('revokes with the documented response, byte for byte', async () => {
    const { service, create } = await serving();
    const { id } = await create();
    const headers = { authorization: `Bearer ${service.managementKey}` };
    const { status, body } = await rawRequest(`${service.url}/v1/api-keys/${id}`, {
      method: 'DELETE',
      headers,
    });
    expect([status, body]).toEqual([200, '{"success":true,"message":"API key revoked successfully"}']);
  });
});

it('tells its policy to whoever has a key, and in its document', async () => {
  const { service } = await serving({ policy: 'jahuty' });
  const headers = { authorization: `Bearer ${service.managementKey}` };
  const policy = {
    id: 'jahuty',
    title: 'Jahuty',
    environments: ['live'],
    types: ['secret', 'public'],
    credential: 'secret',
  };
  const who = JSON.parse((await rawRequest(`${service.url}/v1/whoami`, { headers })).body);
  expect([who.success, who.data.scopes, who.policy]).toEqual([true, expect.arrayContaining(['*']), policy]);
  expect(JSON.parse((await rawRequest(`${service.url}/openapi.json`)).body)['x-policy']).toEqual(policy);
});

it('gives a public key no right to manage keys, nor every right, at its creation or later', async () => {
  for (const policy of ['keys', 'jahuty']) {
    const { manager } = await serving({ policy });
    for (const scopes of [['*'], ['keys:read'], ['keys:write'], ['keys:create']]) {
      await expect(manager.create({ name: 'p', type: 'public', scopes }, idempotent())).rejects.toThrow(
        /a public key cannot have/,
      );
    }
    const { key } = await manager.create({ name: 'p', type: 'public' }, idempotent());
    await expect(manager.update(key.id, { scopes: ['*'] })).rejects.toThrow(
      /a public key cannot have|take no scopes/,
    );
  }
});

it.each(['off', 'errors', 'all'] as const)(
  'logs %s: refusals with key, reason and address',
  async (logLevel) => {
    const { service, manager, create, authorize } = await serving({ logLevel });
    const { id, secret } = await create();
    expect((await authorize(secret)).status).toBe(204);
    await authorize(secret, '?scope=a:b', { 'x-forwarded-for': '192.0.2.7' });
    await rawRequest(`${service.url}/v1/whoami`, { headers: { authorization: 'Bearer sk_live_x' } });
    await manager.update(id, { limits: { uses: 1 } });
    for (let i = 0; i < 2; i++) await authorize(secret);
    await manager.revoke(id);
    await authorize(secret);
    await rawRequest(`${service.url}/v1/whoami`, { headers: { authorization: `Bearer ${secret}` } });
    const lines = service.log.map((line) => JSON.parse(line));
    expect(lines.filter(({ status }) => status >= 400)).toMatchObject(
      logLevel === 'off'
        ? []
        : [
            {
              status: 403,
              route: '/v1/authorize',
              key_id: id,
              reason: 'scope_missing',
              address: '192.0.2.7',
            },
            { status: 401, route: '/v1/whoami', reason: 'malformed', address: '127.0.0.1' },
            { status: 403, route: '/v1/authorize', key_id: id, reason: 'used_up' },
            { status: 401, route: '/v1/authorize', key_id: id, reason: 'revoked' },
            { status: 401, route: '/v1/whoami', key_id: id, reason: 'revoked' },
          ],
    );
    expect(lines.some(({ status, key_id }) => status === 204 && key_id === id)).toBe(logLevel === 'all');
  },
);
