import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { INVALID_REASONS } from '../../src/domain/key-service.js';
import { checksum } from '../../src/domain/secret-format.js';
import { signBytes } from '../../src/domain/signatures.js';
import { createFailedAttempts } from '../../src/service/failed-attempts.js';
import { createKeyRules } from '../../src/service/rules.js';
import type { KeyRow, KeyStore } from '../../src/service/store/key-store.js';
import { secretDigest } from '../../src/service/stored-digest.js';
import { idempotent, secretOf } from '../contract/key-service.js';
import { testEncryptionKey } from '../support/encryption-key.js';
import { startTestService, type TestService } from '../support/key-service-server.js';
import { manyKeys } from '../support/many-keys.js';
import { rawRequest } from '../support/raw-request.js';
import { converse } from '../support/raw-socket.js';
import { SECOND, settableClock } from '../support/settable-clock.js';
import { testClient } from '../support/test-client.js';

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const JSON_TYPE = { 'content-type': 'application/json' };

/** A key of the right form that was never made. */
const neverMade = (n = 0) => {
  const start = `sk_live_${String(n).padStart(33, '0')}`;
  return start + checksum(start);
};

async function serving(options: Parameters<typeof startTestService>[0] = {}) {
  const service = await startTestService(options);
  const manager = testClient(service.url, service.managementKey).service;
  const ask = (path: string, init: Parameters<typeof rawRequest>[1] = {}) =>
    rawRequest(service.url + path, init);
  const create = (body: string | Buffer, headers: Record<string, string> = JSON_TYPE) =>
    ask('/v1/api-keys', { method: 'POST', headers: { ...bearer(service.managementKey), ...headers }, body });
  return { service, manager, ask, create };
}

/** What of a response a caller can tell two of them apart by. */
function told({ status, headers, body }: Awaited<ReturnType<typeof rawRequest>>) {
  const { 'x-request-id': _, date: __, 'x-key-problem': problem, ...rest } = headers;
  const withoutId = (json: string) => ({ ...JSON.parse(json), request_id: undefined });
  return { status, headers: rest, body: withoutId(body), problem: withoutId(String(problem ?? '{}')) };
}

describe('a key that is not good', () => {
  it('has the same response whether or not half of it, or all but its last character, is right', async () => {
    const { manager, ask } = await serving();
    const secret = secretOf(await manager.create({ name: 'x' }, idempotent()));
    const near = `${secret.slice(0, 40)}${secret[40] === '0' ? '1' : '0'}`;
    const responses = [neverMade(), near + checksum(near)].map(async (key) =>
      told(await ask('/v1/authorize', { headers: bearer(key) })),
    );
    const [first, second] = await Promise.all(responses);
    expect(first).toEqual(second);
    expect(first).toMatchObject({ status: 401, body: { details: { reason: 'unknown' } } });
  });

  it('costs one look-up, as a good one does, and is compared to what was found once more', async () => {
    let [row, lookUps] = [null as KeyRow | null, 0];
    const store = {
      async checkedByDigest() {
        lookUps++;
        return row;
      },
    } as Partial<KeyStore> as KeyStore;
    const rules = createKeyRules(store, settableClock());
    let made: KeyRow | undefined;
    for await (const [first] of manyKeys(1)) made = first;
    expect(await rules.authenticate(neverMade(), {})).toMatchObject({ reason: 'unknown' });
    // An index that compares otherwise than by bytes finds a neighbour.
    row = {
      ...(made as KeyRow),
      revoked_at: null,
      paused_at: null,
      expires_at: null,
      restrictions: {},
      sealed_secret_key: null,
    };
    expect(await rules.authenticate(neverMade(), {})).toEqual({ valid: false, reason: 'unknown' });
    row = { ...row, digest: secretDigest(neverMade()) };
    expect(await rules.authenticate(neverMade(), {})).toMatchObject({ valid: true });
    expect(lookUps).toBe(3);
  });

  it('does not say whether a pair is there, ended or restricted to who cannot sign for it', async () => {
    const { manager, ask } = await serving({ policy: 'tylt', encryptionKey: testEncryptionKey() });
    const pair = async (name: string) => {
      const { key, credential } = await manager.create(
        { name, service: name, environment: 'demo' },
        idempotent(),
      );
      return { id: key.id, ...(credential as { api_key: string; secret_key: string }) };
    };
    const [live, ended] = [await pair('live'), await pair('ended')];
    await manager.revoke(ended.id);
    const unknown = '0'.repeat(33) + checksum('0'.repeat(33));
    for (const signature of [{}, { 'x-tlp-signature': signBytes('guessed', '{}') }]) {
      const responses = [live.api_key, ended.api_key, unknown].map(async (key) =>
        told(await ask('/v1/authorize', { headers: { 'x-tlp-apikey': key, ...signature } })),
      );
      const [first, ...others] = await Promise.all(responses);
      expect(first?.status).toBe(401);
      for (const other of others) expect(other).toEqual(first);
    }
    const signed = { 'x-tlp-apikey': ended.api_key, 'x-tlp-signature': signBytes(ended.secret_key, '{}') };
    expect(JSON.parse((await ask('/v1/authorize', { headers: signed })).body).details.reason).toBe('revoked');
  });
});

describe('failed attempts', () => {
  const TRUSTED = { trustProxies: ['127.0.0.1'] };

  it('are limited by address, for the time that is said, while good keys of that address go on', async () => {
    const { service, manager, ask } = await serving(TRUSTED);
    const secret = secretOf(await manager.create({ name: 'x' }, idempotent()));
    const ended = await manager.create({ name: 'ended' }, idempotent());
    await manager.revoke(ended.key.id);
    const from = (ip: string, key: string, path = '/v1/authorize') =>
      ask(path, { headers: { ...bearer(key), 'x-forwarded-for': ip } });
    for (let i = 0; i < 20; i++) expect((await from('203.0.113.1', neverMade(i))).status).toBe(401);
    for (const path of ['/v1/authorize', '/v1/whoami', '/v1/api-keys', '/metrics']) {
      const limited = await from('203.0.113.1', neverMade(20), path);
      expect([limited.status, limited.headers['retry-after'], JSON.parse(limited.body).code]).toEqual([
        429,
        '3',
        'rate_limited',
      ]);
    }
    expect((await from('203.0.113.1', secret)).status).toBe(204);
    expect((await from('203.0.113.1', service.managementKey, '/v1/api-keys')).status).toBe(200);
    // A caller with a revoked key did not guess it, and must get the reason.
    expect((await from('203.0.113.1', secretOf(ended))).status).toBe(401);
    expect((await from('203.0.113.2', neverMade())).status).toBe(401);
    service.clock.advance(3 * SECOND);
    expect((await from('203.0.113.1', neverMade())).status).toBe(401);
    expect((await from('203.0.113.1', neverMade())).status).toBe(429);
  });

  it('are none of keys that are known, whatever keeps these from being used', async () => {
    const { manager, ask } = await serving();
    const make = (name: string) => manager.create({ name }, idempotent());
    const [ended, paused, spent] = [await make('ended'), await make('paused'), await make('spent')];
    await manager.revoke(ended.key.id);
    await manager.pause?.(paused.key.id);
    await manager.update(spent.key.id, { limits: { uses: 1 } });
    await ask('/v1/authorize', { headers: bearer(secretOf(spent)) });
    for (const [created, status, reason] of [
      [ended, 401, 'revoked'],
      [paused, 401, 'disabled'],
      [spent, 403, 'used_up'],
    ] as const) {
      for (let i = 0; i < 25; i++) {
        const response = await ask('/v1/authorize', { headers: bearer(secretOf(created)) });
        expect([response.status, JSON.parse(response.body).details.reason]).toEqual([status, reason]);
      }
    }
    expect((await ask('/v1/authorize', { headers: bearer(neverMade()) })).status).toBe(401);
  });

  it('are counted for the other end of the connection where no proxy is trusted', async () => {
    const { ask, service } = await serving();
    const statuses = [];
    for (let i = 0; i < 21; i++) {
      const headers = { ...bearer(neverMade(i)), 'x-forwarded-for': `203.0.113.${i}` };
      statuses.push((await ask('/v1/authorize', { headers })).status);
    }
    expect(statuses).toEqual([...Array(20).fill(401), 429]);
    // The response ends before its line is written.
    const limited = () => service.log.filter((line) => line.includes('"status":429'));
    await expect.poll(() => limited().length, { timeout: 60_000 }).toBe(1);
    expect(JSON.parse(limited()[0] ?? '')).toMatchObject({
      reason: 'too_many_attempts',
      address: '127.0.0.1',
    });
  });

  it('are forgotten once ten thousand other addresses have failed, and those of one /64 are one', () => {
    const attempts = createFailedAttempts(settableClock());
    const [first, last] = ['203.0.113.1', '10.0.39.14'];
    for (let i = 0; i < 20; i++) attempts.fail(first);
    expect(attempts.fail(first)).toBe(3);
    for (let i = 0; i < 9_999; i++) attempts.fail(`10.0.${i >> 8}.${i & 255}`);
    expect(attempts.fail(first)).toBe(3);
    attempts.fail('10.1.0.0');
    expect(attempts.fail(first)).toBe(0);
    const waits = Array.from({ length: 20 }, () => attempts.fail(last));
    expect(waits).toEqual([...Array(19).fill(0), 3]);
    for (let i = 0; i < 20; i++) expect(attempts.fail(`2001:db8::${i}`)).toBe(0);
    expect(attempts.fail('2001:db8:0:0:ffff::1')).toBe(3);
    expect(attempts.fail('2001:db8:0:1::1')).toBe(0);
  });
});

describe('what is too much', () => {
  it('of a body is 413, said in advance or not', async () => {
    const { service, create } = await serving();
    const much = JSON.stringify({ name: 'x'.repeat(70_000) });
    expect((await create(much)).status).toBe(413);
    const { host } = new URL(service.url);
    const head = `POST /v1/api-keys HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${service.managementKey}\r\ncontent-type: application/json\r\n`;
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    const chunked = await converse(service.url, [
      `${head}connection: close\r\ntransfer-encoding: chunked\r\n\r\n`,
      ...Array<string>(6).fill(chunk),
      '0\r\n\r\n',
    ]);
    expect(chunked.response).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('of a body that nothing asks for is 413, or cut off where its length is not stated', async () => {
    const { service, ask, manager } = await serving();
    const headers = bearer(secretOf(await manager.create({ name: 'x' }, idempotent())));
    const stated = await ask('/v1/authorize', { method: 'POST', headers, body: 'x'.repeat(70_000) });
    expect([stated.status, stated.headers.connection]).toEqual([413, 'close']);
    const head = `POST /v1/authorize HTTP/1.1\r\nhost: x\r\nauthorization: ${headers.authorization}\r\n`;
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    const unstated = [`${head}transfer-encoding: chunked\r\n\r\n`, ...Array<string>(600).fill(chunk)];
    expect((await converse(service.url, unstated)).cut).toBe(true);
    expect((await ask('/v1/authorize', { method: 'POST', headers, body: 'x'.repeat(60_000) })).status).toBe(
      204,
    );
  });

  it('of a body that is to be signed is 413 too', async () => {
    const { service, ask } = await serving({ policy: 'tylt', encryptionKey: testEncryptionKey() });
    const headers = { 'x-tlp-apikey': 'x', 'x-tlp-signature': 'y' };
    const response = await ask('/v1/authorize', { method: 'POST', headers, body: 'x'.repeat(70_000) });
    expect([response.status, response.headers.connection]).toEqual([413, 'close']);
    expect((await ask('/v1/authorize', { headers: bearer(service.managementKey) })).status).toBe(204);
  });

  it('of headers is 431, of an address 400', async () => {
    const { ask } = await serving();
    expect((await ask('/healthz', { headers: { x: 'x'.repeat(17_000) } })).status).toBe(431);
    for (const path of ['/v1/authorize', '/v1/api-keys', '/healthz']) {
      const response = await ask(`${path}?a=${'x'.repeat(9_000)}`);
      expect([path, response.status, JSON.parse(response.body).code]).toEqual([path, 400, 'invalid_request']);
    }
  });
});

describe('what is broken or unusual', () => {
  it('in the target is no failure of the service: the absolute form is taken, with a user name or not', async () => {
    const { service } = await serving();
    const get = async (target: string) => {
      const key = `authorization: Bearer ${service.managementKey}`;
      const lines = [`GET ${target} HTTP/1.1`, 'host: h', key, 'connection: close', '', ''];
      return (await converse(service.url, [lines.join('\r\n')])).response.slice(9, 12);
    };
    expect(await get('http://u@h/v1/whoami')).toBe('200');
    expect(await get('http://u:p@h:1/v1/authorize?scope=keys:read')).toBe('204');
    expect(await get('http://h?limit=1')).toBe('404');
    for (const target of ['ftp://h/healthz', '*', 'h:1', 'http:healthz', 'http://u@h/%']) {
      expect([target, await get(target)]).toEqual([target, expect.stringMatching(/^4/)]);
    }
    expect(service.log.join()).not.toContain('"status":500');
  });

  it('in a body that is cut off or no chunks is not counted as a failure of the service', async () => {
    for (const options of [{}, { policy: 'tylt', encryptionKey: testEncryptionKey() }]) {
      const { service, ask } = await serving(options);
      for (const path of ['/v1/api-keys', '/v1/authorize']) {
        const head = `POST ${path} HTTP/1.1\r\nhost: h\r\nx-tlp-apikey: x\r\nauthorization: Bearer ${service.managementKey}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`;
        await converse(service.url, [`${head}2\r\n{"\r\n`, 'zz\r\n\r\n'], { pauseMs: 20 });
        await new Promise<void>((resolve) => {
          const { hostname, port } = new URL(service.url);
          const socket = connect(Number(port), hostname, () => socket.write(`${head}10\r\n{"name"`));
          socket.on('error', () => undefined);
          setTimeout(() => socket.destroy(), 50);
          socket.on('close', () => resolve());
        });
      }
      const lines = () => service.log.filter((line) => line.includes('"method":"POST"'));
      for (let waited = 0; lines().length < 4 && waited < 5_000; waited += 20) await delay(20);
      expect(lines().filter((line) => line.includes('"status":5'))).toEqual([]);
      const metrics = await ask('/metrics', { headers: bearer(service.managementKey) });
      expect(metrics.body).toContain('route="/v1/authorize",status="500"} 0\n');
      expect(metrics.body).not.toMatch(/status="500"\} [1-9]/);
    }
  });
});

describe('slow callers are cut', () => {
  const LIMITS = { headersMs: 300, requestMs: 600, idleMs: 900, checkMs: 50 };
  const drops = (text: string) => Array<string>(200).fill(text);

  it.each([
    ['who send nothing', 408, () => []],
    ['who never end their headers', 408, () => ['GET /healthz HTTP/1.1\r\n', ...drops('x: y\r\n')]],
    [
      'who never end their body',
      408,
      (service: TestService) => [
        `POST /v1/api-keys HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${service.managementKey}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n`,
        ...drops(' '),
      ],
    ],
    [
      // The check needs no body: the response is sent before the connection is cut.
      'who never end a body without length',
      204,
      (service: TestService) => [
        `POST /v1/authorize HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${service.managementKey}\r\ntransfer-encoding: chunked\r\n\r\n`,
        ...drops('1\r\nx\r\n'),
      ],
    ],
  ])('%s', async (_, status, pieces) => {
    const { service, manager, ask } = await serving({ limits: LIMITS });
    const secret = secretOf(await manager.create({ name: 'x' }, idempotent()));
    const slow = Array.from({ length: 50 }, () => converse(service.url, pieces(service), { pauseMs: 50 }));
    // Meanwhile others are served.
    expect((await ask('/v1/authorize', { headers: bearer(secret) })).status).toBe(204);
    for (const { response, cut } of await Promise.all(slow)) {
      expect(cut).toBe(pieces(service).length > 0);
      expect(response.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
    }
    expect((await ask('/v1/authorize', { headers: bearer(secret) })).status).toBe(204);
  });

  it('who pile up requests and read no response', async () => {
    const { service, ask } = await serving({ limits: { idleMs: 900 } });
    const request = `GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n`;
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1').pause();
    const cut = new Promise((resolve) => socket.on('error', resolve));
    onTestFinished(() => void socket.destroy());
    // All responses are more than any buffer between the two holds.
    socket.write(request.repeat(2_000));
    expect((await ask('/healthz')).status).toBe(200);
    // A caller who does not read learns by a write that fails.
    const writing = setInterval(() => socket.write(request), 50);
    onTestFinished(() => clearInterval(writing));
    expect(await cut).toMatchObject({ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) });
    clearInterval(writing);
    expect((await ask('/healthz')).status).toBe(200);
  });
});

describe('a secret in an address', () => {
  it.each([
    (secret: string) => `/v1/authorize?api_key=${secret}`,
    (secret: string) => `/v1/authorize?q=${secret}`,
    (secret: string) => `/v1/api-keys?name=${secret}`,
    (secret: string) => `/v1/api-keys/${secret}`,
    (secret: string) => `/v1/api-keys/${secret.replaceAll('_', '%5F')}/roll`,
    (secret: string) => `/nowhere/${secret}`,
    (secret: string) => `/healthz?x=a&TOKEN=${secret.slice(0, 20)}`,
  ])('is refused with the reason, and not logged: %s', async (path) => {
    const { service, manager, ask } = await serving();
    const secret = secretOf(await manager.create({ name: 'x' }, idempotent()));
    const response = await ask(path(secret), { headers: bearer(service.managementKey) });
    const { detail, hint } = JSON.parse(response.body);
    expect([response.status, detail, hint]).toEqual([
      400,
      expect.stringContaining('does not belong in the address'),
      expect.stringContaining('roll it'),
    ]);
    expect(response.body + service.log.join()).not.toContain(secret.slice(8, 20));
  });
});

describe('browsers', () => {
  it('get headers against storing, framing, sniffing and scripts, and other origins read no response', async () => {
    const { service, ask } = await serving({ metricsPort: 0 });
    const origin = { origin: 'https://evil.example' };
    const responses = [
      await ask('/v1/authorize', { headers: { ...bearer(service.managementKey), ...origin } }),
      await ask('/v1/authorize', { headers: origin }),
      await ask('/v1/api-keys', { headers: { ...bearer(service.managementKey), ...origin } }),
      await ask('/v1/api-keys', { headers: origin }),
      await ask('/nowhere', { headers: origin }),
      await rawRequest(service.metricsUrl ?? '', { headers: origin }),
    ];
    for (const { headers } of responses) {
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      });
      expect(Object.keys(headers).filter((name) => /^access-control|^x-powered|^server$/.test(name))).toEqual(
        [],
      );
    }
    for (const path of ['/v1/api-keys', '/v1/authorize']) {
      const headers = { ...origin, 'access-control-request-method': 'GET' };
      const preflight = await ask(path, { method: 'OPTIONS', headers });
      expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([405, undefined]);
    }
  });
});

describe('a body', () => {
  it.each([
    ['of another type', '{"name":"x"}', { 'content-type': 'text/plain' }, 415],
    ['of a form', 'name=x', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['of no type', '{"name":"x"}', {}, 415],
    ['that is no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), JSON_TYPE, 400],
    ['with a member twice', '{"name":"a","name":"b"}', JSON_TYPE, 400],
    ['with a member twice, once escaped', '{"name":"a","n\\u0061me":"b"}', JSON_TYPE, 400],
    ['with a member twice further in', '{"name":"a","metadata":{"x":"\\"","x":"2"}}', JSON_TYPE, 400],
    ['with __proto__', '{"name":"a","__proto__":{"scopes":["*"]}}', JSON_TYPE, 400],
    ['with constructor', '{"name":"a","constructor":{"prototype":{"admin":true}}}', JSON_TYPE, 400],
    ['as deep as it can be', '['.repeat(60_000), JSON_TYPE, 400],
    ['that is null', 'null', JSON_TYPE, 400],
    ['with a NUL', '{"name":"a","service":"b\\u0000c"}', JSON_TYPE, 400],
  ])('%s is refused', async (_, body, headers, status) => {
    const { create } = await serving();
    const response = await create(body, headers as Record<string, string>);
    expect([response.status, JSON.parse(response.body).status]).toEqual([status, status]);
  });

  it('with __proto__ in metadata changes no other object', async () => {
    const { create, ask, service } = await serving();
    const response = await create('{"name":"a","metadata":{"__proto__":"x","constructor":"y","a":"z"}}');
    expect(response.status).toBe(201);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
    expect((await ask('/v1/api-keys', { headers: bearer(service.managementKey) })).status).toBe(200);
  });

  it('takes the same text in two lists, and quotes and brackets in texts, for what they are', async () => {
    const { create } = await serving();
    const metadata = { '{"a":1,"a"': 'name', name: '[,"name":' };
    expect((await create(JSON.stringify({ name: 'name', scopes: ['a', 'a'], metadata }))).status).toBe(201);
  });
});

it('takes no request for another than it is: two lengths, a length and chunks, a bare line feed', async () => {
  const { service } = await serving();
  const head = 'POST /v1/api-keys HTTP/1.1\r\nhost: x\r\nconnection: close\r\n';
  for (const rest of [
    'content-length: 2\r\ncontent-length: 3\r\n\r\n{}',
    'content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    'transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n',
    'a: b\nauthorization: Bearer x\r\n\r\n',
  ]) {
    expect((await converse(service.url, [head + rest])).response).toMatch(/^HTTP\/1\.1 400 /);
  }
});

it('gives each request an id of its own, in the response, the problem and the log, and takes none from its caller', async () => {
  const { service, ask } = await serving();
  const ids = [];
  for (const path of ['/v1/authorize', '/v1/api-keys', '/v1/authorize']) {
    const response = await ask(path, { headers: { 'x-request-id': 'mine"}, {' } });
    ids.push(response.headers['x-request-id']);
    expect(JSON.parse(response.body).request_id).toBe(response.headers['x-request-id']);
  }
  expect(new Set(ids).size).toBe(3);
  expect(service.log.map((line) => JSON.parse(line).request_id)).toEqual(ids);
  expect(ids.join()).not.toContain('mine');
});

describe('/metrics', () => {
  it('wants a key that may read keys, on the port of the service', async () => {
    const { service, manager, ask } = await serving();
    const plain = secretOf(await manager.create({ name: 'plain' }, idempotent()));
    expect((await ask('/metrics')).status).toBe(401);
    expect((await ask('/metrics', { headers: bearer(plain) })).status).toBe(403);
    const response = await ask('/metrics', { headers: bearer(service.managementKey) });
    expect([response.status, response.headers['content-type']]).toEqual([
      200,
      expect.stringContaining('version=0.0.4'),
    ]);
    expect(response.body).toContain('keys_http_requests_total{route="/metrics",status="401"} 1\n');
    expect((await ask('/metrics', { method: 'POST', headers: bearer(service.managementKey) })).status).toBe(
      405,
    );
  });

  it('has each counter with 0 from the start, so that an alarm sees the first event', async () => {
    const { service } = await serving({ metricsPort: 0 });
    const { body } = await rawRequest(service.metricsUrl ?? '');
    for (const reason of INVALID_REASONS)
      expect(body).toContain(`keys_refused_total{reason="${reason}"} 0\n`);
    for (const environment of ['live', 'test']) {
      expect(body).toContain(`keys_known_key_refusals_total{environment="${environment}"} 0\n`);
      expect(body).toContain(`keys_new_addresses_total{environment="${environment}"} 0\n`);
    }
    for (const route of ['/v1/authorize', '/v1/api-keys', '/v1/api-keys/:id']) {
      for (const status of [500, 503])
        expect(body).toContain(`keys_http_requests_total{route="${route}",status="${status}"} 0\n`);
      expect(body).toContain(`keys_http_request_duration_seconds_count{route="${route}"} 0\n`);
    }
  });

  it('wants none on a port of its own, where nothing else is', async () => {
    const { service, ask } = await serving({ metricsPort: 0 });
    await ask('/v1/authorize', { headers: bearer(neverMade()) });
    await ask('/v1/authorize', { headers: bearer(service.managementKey) });
    await ask('/nowhere/at/all');
    const { status, body } = await rawRequest(service.metricsUrl ?? '');
    expect(status).toBe(200);
    expect(body).toContain('keys_http_requests_total{route="/v1/authorize",status="204"} 1\n');
    expect(body).toContain('keys_refused_total{reason="unknown"} 1\n');
    expect(body).toMatch(
      /^keys_http_request_duration_seconds_bucket\{route="\/v1\/authorize",le="\+Inf"\} 2$/m,
    );
    expect(body).not.toContain('nowhere');
    const elsewhere = new URL('/v1/authorize', service.metricsUrl ?? '').href;
    expect((await rawRequest(elsewhere, { headers: bearer(service.managementKey) })).status).toBe(404);
    for (const line of body.trimEnd().split('\n')) {
      expect(line).toMatch(
        /^# (HELP|TYPE) |^[a-z_][a-z0-9_]*(\{[a-z]+="[^"]+"(,[a-z]+="[^"]+")*\})? [\d.e-]+$/,
      );
    }
  });
});
