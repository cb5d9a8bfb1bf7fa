import { Validator } from '@seriousme/openapi-schema-validator';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { ERRORS } from '../../src/domain/errors.js';
import { idempotent, secretOf } from '../contract/key-service.js';
import { startTestService, type TestService } from '../support/key-service-server.js';
import { isoSeconds } from '../support/settable-clock.js';
import { testClient } from '../support/test-client.js';

/** A body, looked at member by member. */
type Loose = ReturnType<typeof JSON.parse>;

interface HttpResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Loose;
}

async function ask(
  service: TestService,
  method: string,
  path: string,
  init: { key?: string; body?: unknown; headers?: Record<string, string>; text?: string } = {},
): Promise<HttpResponse> {
  const { key = service.managementKey, body, headers, text } = init;
  const response = await fetch(service.url + path, {
    method,
    headers: {
      ...(key ? { authorization: `Bearer ${key}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined && text === undefined ? {} : { body: text ?? JSON.stringify(body) }),
  });
  const raw = await response.text();
  return { status: response.status, headers: response.headers, body: raw === '' ? null : JSON.parse(raw) };
}

it('lists and deletes as the documented page shows, field for field', async () => {
  const service = await startTestService();
  const made = await ask(service, 'POST', '/v1/api-keys', { body: { name: 'ci' } });
  expect(made.status).toBe(201);
  const list = await ask(service, 'GET', '/v1/api-keys?name=ci');
  expect(list.body.success).toBe(true);
  expect(list.body.data[0]).toMatchObject({
    id: made.body.data.id,
    name: 'ci',
    prefix: 'sk_live_',
    last_used: null,
  });
  expect(list.body.data[0].created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  expect(list.body.data[0]).not.toHaveProperty('secret');
  const gone = await ask(service, 'DELETE', `/v1/api-keys/${made.body.data.id}`);
  expect([gone.status, gone.body]).toEqual([200, { success: true, message: 'API key revoked successfully' }]);
});

it.each([
  ['no key', undefined, 401, 'unauthenticated'],
  ['an unknown key', 'sk_other_1234567890', 401, 'unauthenticated'],
  ['a mistyped key', 'sk_live_000000000000000000000000000000000000000', 401, 'unauthenticated'],
])('refuses %s with a problem document', async (_, key, status, code) => {
  const service = await startTestService();
  const response = await ask(service, 'GET', '/v1/api-keys', { key: key ?? '' });
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(response.headers.get('www-authenticate')).toBe('Bearer');
  expect(response.body).toMatchObject({ success: false, status, code, title: 'Unauthorized' });
  expect(response.body.request_id).toBe(response.headers.get('x-request-id'));
});

it.each(['/healthz', '/readyz', '/openapi.json'])('allows GET alone at %s', async (path) => {
  const service = await startTestService();
  expect((await ask(service, 'GET', path, { key: '' })).status).toBe(200);
  const other = await ask(service, 'POST', path, { key: '', body: {} });
  expect([other.status, other.headers.get('allow')]).toEqual([405, 'GET']);
});

it('lets a plain key say who it is, and manage nothing', async () => {
  const service = await startTestService();
  const key = (await ask(service, 'POST', '/v1/api-keys', { body: { name: 'plain' } })).body.data.secret;
  expect((await ask(service, 'GET', '/v1/whoami', { key })).body.data).toMatchObject({ name: 'plain' });
  expect((await ask(service, 'GET', '/v1/authorize', { key })).status).toBe(204);
  for (const [method, path, body] of [
    ['GET', '/v1/api-keys', undefined],
    ['GET', '/v1/api-keys/key_1', undefined],
    ['POST', '/v1/api-keys', { name: 'x' }],
    ['PATCH', '/v1/api-keys/key_1', { name: 'x' }],
    ['POST', '/v1/api-keys/key_1/roll', {}],
    ['DELETE', '/v1/api-keys/key_1', undefined],
    ['POST', '/v1/api-keys/verify', { key }],
  ] as const) {
    const response = await ask(service, method, path, { key, ...(body ? { body } : {}) });
    expect([method, path, response.status, response.body.code]).toEqual([method, path, 403, 'forbidden']);
    const [, scope = ''] = /^this key lacks the scope (keys:\w+)$/.exec(response.body.detail) ?? [];
    expect(response.body.hint).toBe(
      `managing keys takes a management key: a caller that has one creates yours with POST /v1/api-keys and "scopes": ${SCOPES_FOR[scope]}`,
    );
  }
});

it('lets no key create, change or roll keys with rights it lacks', async () => {
  const service = await startTestService();
  const { service: owner } = testClient(service.url, service.managementKey);
  const writer = secretOf(
    await owner.create({ name: 'writer', scopes: ['keys:read', 'keys:write'] }, idempotent()),
  );
  const strong = await owner.create({ name: 'strong', scopes: ['billing:write'] }, idempotent());
  const tries = [
    ask(service, 'POST', '/v1/api-keys', { key: writer, body: { name: 'x', scopes: ['billing:write'] } }),
    ask(service, 'PATCH', `/v1/api-keys/${strong.key.id}`, { key: writer, body: { name: 'x' } }),
    ask(service, 'POST', `/v1/api-keys/${strong.key.id}/roll`, { key: writer, body: {} }),
  ];
  for (const response of await Promise.all(tries)) {
    expect([response.status, response.body.details.scopes]).toEqual([403, ['billing:write']]);
  }
  expect((await ask(service, 'POST', '/v1/api-keys', { key: writer, body: { name: 'x' } })).status).toBe(201);
});

it('counts the address of the peer, whatever the forwarding headers say', async () => {
  const service = await startTestService();
  const { service: owner } = testClient(service.url, service.managementKey);
  const elsewhere = secretOf(
    await owner.create({ name: 'a', restrictions: { ips: ['203.0.113.7'] } }, idempotent()),
  );
  const here = secretOf(
    await owner.create({ name: 'b', restrictions: { ips: ['127.0.0.0/8'] } }, idempotent()),
  );
  const headers = {
    'x-forwarded-for': '203.0.113.7',
    forwarded: 'for=203.0.113.7',
    'x-real-ip': '203.0.113.7',
  };
  const refused = await ask(service, 'GET', '/v1/whoami', { key: elsewhere, headers });
  expect([refused.status, refused.body.details.reason]).toEqual([403, 'ip_not_allowed']);
  expect((await ask(service, 'GET', '/v1/whoami', { key: here, headers })).status).toBe(200);
});

it('says what is wrong in plain words; whoami has times and absent fields as the list has them', async () => {
  const service = await startTestService();
  for (const blank of ['', '  ']) {
    const body = { name: 'web', service: blank };
    const refused = await ask(service, 'POST', '/v1/api-keys', { body });
    expect([refused.status, refused.body.detail]).toEqual([400, 'service: must not be empty']);
  }
  const listed = await ask(service, 'GET', '/v1/api-keys?status=alive');
  expect(listed.body.detail).toBe('status: must be active, retiring, paused, expired or revoked');
  const { data } = (await ask(service, 'GET', '/v1/whoami')).body;
  expect(data).toMatchObject({ owner: null, limits: {} });
  expect(data.created_at).toMatch(/:\d\dZ$/);
});

it('writes the last use of a key, off the path of the request', async () => {
  const service = await startTestService();
  const { service: owner } = testClient(service.url, service.managementKey);
  const { key, credential } = await owner.create({ name: 'used' }, idempotent());
  service.clock.advance(5_000);
  await ask(service, 'GET', '/v1/whoami', { key: 'secret' in credential ? credential.secret : '' });
  await expect.poll(async () => (await owner.get(key.id)).last_used).toBe(isoSeconds(service.clock.now()));
});

it.each([
  [
    'another content type',
    'POST',
    '/v1/api-keys',
    { text: 'name=x', headers: { 'content-type': 'text/plain' } },
    415,
  ],
  [
    'what is not JSON',
    'POST',
    '/v1/api-keys',
    { text: '{"name":', headers: { 'content-type': 'application/json' } },
    400,
  ],
  ['no body', 'POST', '/v1/api-keys', {}, 400],
  ['a list for a body', 'POST', '/v1/api-keys', { body: [1] }, 400],
  ['a body of 65 KiB', 'POST', '/v1/api-keys', { body: { name: 'x'.repeat(65 * 1024) } }, 413],
  ['another method', 'PUT', '/v1/api-keys', { body: {} }, 405],
  ['an unknown path', 'GET', '/v2/api-keys', {}, 404],
  ['a key in the address', 'GET', '/v1/api-keys?api_key=sk_fake', {}, 400],
  ['a parameter that comes twice', 'GET', '/v1/api-keys?limit=1&limit=2', {}, 400],
  ['an unknown parameter', 'GET', '/v1/api-keys?colour=red', {}, 400],
  ['a limit of 0', 'GET', '/v1/api-keys?limit=0', {}, 400],
  ['a broken escape in the address', 'GET', '/v1/api-keys/%E0%A4%A', {}, 404],
  [
    '__proto__',
    'POST',
    '/v1/api-keys',
    { text: '{"name":"x","__proto__":{"a":1}}', headers: { 'content-type': 'application/json' } },
    400,
  ],
])('refuses %s', async (_, method, path, init, status) => {
  const service = await startTestService();
  const response = await ask(service, method, path, init);
  expect(response.status).toBe(status);
  expect(response.body).toMatchObject({ success: false, status });
  expect(ERRORS).toHaveProperty(response.body.code);
});

it('says which numbers a limit can be, in words', async () => {
  const service = await startTestService();
  for (const limit of ['+5', '5.0', 'all', '10000']) {
    const { body } = await ask(service, 'GET', `/v1/api-keys?limit=${encodeURIComponent(limit)}`);
    expect(body.detail).toBe('limit: must be a whole number from 1 to 1000');
  }
});

it('has an OpenAPI document that a validator of others accepts, and that names every endpoint', async () => {
  const service = await startTestService();
  const { body } = await ask(service, 'GET', '/openapi.json', { key: '' });
  const result = await new Validator().validate(body);
  expect(result.errors ?? []).toEqual([]);
  expect([body.openapi, result.valid]).toEqual(['3.1.0', true]);
  expect(Object.keys(body.paths).sort()).toEqual([
    '/v1/api-keys',
    '/v1/api-keys/verify',
    '/v1/api-keys/{id}',
    '/v1/api-keys/{id}/acknowledge',
    '/v1/api-keys/{id}/roll',
    '/v1/api-keys/{id}/usage',
    '/v1/authorize',
    '/v1/events',
    '/v1/whoami',
  ]);
});

it('logs requests in JSON, with nothing secret in them', async () => {
  const service = await startTestService();
  const made = await ask(service, 'POST', '/v1/api-keys', { body: { name: 'logged' } });
  await ask(service, 'GET', `/v1/api-keys?name=${made.body.data.name}`);
  const text = service.log.join('\n');
  expect(JSON.parse(service.log[0] ?? '')).toMatchObject({
    method: 'POST',
    route: '/v1/api-keys',
    status: 201,
  });
  expect(text).not.toContain(made.body.data.secret);
  expect(text).not.toContain(service.managementKey);
  expect(text).not.toContain('name=');
});

it('says that it is well, and takes a port that is taken for what it is', async () => {
  const service = await startTestService();
  expect((await ask(service, 'GET', '/healthz', { key: '' })).body).toEqual({ status: 'ok' });
  expect((await ask(service, 'GET', '/readyz', { key: '' })).body).toEqual({ status: 'ready' });
  const { port } = new URL(service.url);
  const second = await execa(
    process.execPath,
    ['bin/keys.js', 'serve', '--port', port, '--data-dir', service.dataDir],
    {
      reject: false,
      env: { HOME: service.dataDir },
      timeout: 120_000,
    },
  );
  expect(second.exitCode).toBe(6);
  expect(second.stderr).toContain('another program listens there');
});

it('prints whole seconds in every response', async () => {
  const service = await startTestService();
  const expires_at = '2999-01-01T00:00:00.123Z';
  const made = await ask(service, 'POST', '/v1/api-keys', { body: { name: 'ci', expires_at } });
  const path = `/v1/api-keys/${made.body.data.id}`;
  const responses = [
    made,
    await ask(service, 'GET', path),
    await ask(service, 'PATCH', path, { body: { name: 'ci 2' } }),
    await ask(service, 'POST', `${path}/roll`, { body: {} }),
    await ask(service, 'GET', '/v1/events'),
  ];
  for (const { status, body } of responses) {
    expect([200, 201]).toContain(status);
    expect(JSON.stringify(body)).toMatch(/T\d\d:\d\d:\d\dZ/);
    expect(JSON.stringify(body)).not.toMatch(/T\d\d:\d\d:\d\d\.\d/);
  }
});

it('says that there is no such parameter or member', async () => {
  const service = await startTestService();
  const query = await ask(service, 'GET', '/v1/api-keys?foo=1');
  expect([query.status, query.body.detail]).toEqual([400, '"foo": there is no such parameter']);
  const body = await ask(service, 'POST', '/v1/api-keys', { body: { name: 'x', restrictions: { foo: [] } } });
  expect([body.status, body.body.detail]).toEqual([400, '"foo" in restrictions: there is no such member']);
});

/** All that the work takes: a caller that changes keys also looks them up. */
const SCOPES_FOR: Readonly<Record<string, string>> = {
  'keys:read': '["keys:read", "keys:write"], or ["keys:read"] to read alone',
  'keys:create': '["keys:read", "keys:write"], or ["keys:create"] to create alone',
  'keys:write': '["keys:read", "keys:write"]',
  'keys:verify': '["keys:verify"]',
};
