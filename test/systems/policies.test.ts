import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { isoTime } from '../../src/domain/clock.js';
import type { CreateKey, KeyService } from '../../src/domain/key-service.js';
import { signBytes } from '../../src/domain/signatures.js';
import { codeOf, idempotent } from '../contract/key-service.js';
import { testEncryptionKey } from '../support/encryption-key.js';
import { faultyServer } from '../support/faulty-server.js';
import { startTestService } from '../support/key-service-server.js';
import { type RawResponse, rawRequest } from '../support/raw-request.js';
import { DAY, HOUR, SECOND } from '../support/settable-clock.js';
import { testClient } from '../support/test-client.js';

/** What a new key must name under a policy whose keys belong to one service and environment. */
const needs = (policy: string) => (policy === 'tylt' ? { service: 'shop', environment: 'production' } : {});

const UA = { 'user-agent': 'test' };

/** A service under a policy, its manager, and a way to use a key there. */
async function under(policy: string, options: Parameters<typeof startTestService>[0] = {}) {
  const service = await startTestService({ policy, encryptionKey: testEncryptionKey(), ...options });
  const manager: KeyService = testClient(service.url, service.managementKey).service;
  const use = (headers: Record<string, string>, path = '/v1/authorize'): Promise<RawResponse> =>
    rawRequest(service.url + path, { headers: { ...UA, ...headers } });
  const secret = async (request: CreateKey = { name: 'ci' }) => {
    const created = await manager.create(request, idempotent());
    if (!('secret' in created.credential)) throw new Error('a pair where one secret was expected');
    return { id: created.key.id, key: created.key, secret: created.credential.secret };
  };
  const pair = async (request: Partial<CreateKey> = {}) => {
    const created = await manager.create({ name: 'shop', ...needs(policy), ...request }, idempotent());
    if ('secret' in created.credential) throw new Error('one secret where a pair was expected');
    return { id: created.key.id, key: created.key, ...created.credential };
  };
  return { ...service, service, manager, use, secret, pair };
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

describe('every policy', () => {
  it.each(['keys', 'trust-swiftly', 'swiftsell', 'tylt', 'jahuty'])(
    '%s: needs a name, shows a secret once, and keeps management keys as they are',
    async (policy) => {
      const { manager, managementKey, use } = await under(policy);
      expect(await codeOf(manager.create({ name: '' }, idempotent()))).toBe('invalid_request');
      const once = idempotent();
      const created = await manager.create({ name: 'ci', ...needs(policy) }, once);
      await manager.acknowledge(created.key.id, once);
      expect(await codeOf(manager.create({ name: 'ci', ...needs(policy) }, once))).toBe('response_gone');
      expect((await manager.get(created.key.id)).name).toBe('ci');
      const shown = JSON.stringify([await manager.get(created.key.id), await manager.list({})]);
      for (const part of Object.values(created.credential)) expect(shown).not.toContain(part);
      expect((await manager.whoami())?.prefix).toBe('sk_live_');
      expect((await use(bearer(managementKey))).status).toBe(204);
      const second = await manager.create({ name: 'second manager', scopes: ['keys:read'] }, idempotent());
      expect(second.key).toMatchObject({ prefix: 'sk_live_', scopes: ['keys:read'] });
      const rolled = await manager.roll(second.key.id, { grace_seconds: 60 }, idempotent());
      expect(rolled.previous.status).toBe('retiring');
    },
  );

  it.each(['keys', 'trust-swiftly', 'swiftsell', 'tylt', 'jahuty'])(
    '%s: a key that was revoked gets 401 at the next request',
    async (policy) => {
      const { manager, use } = await under(policy);
      const created = await manager.create({ name: 'ci', ...needs(policy) }, idempotent());
      const { credential } = created;
      const headers: Record<string, string> =
        'secret' in credential
          ? {
              ...bearer(credential.secret),
              ...(policy === 'swiftsell' ? { 'x-api-key': credential.secret } : {}),
            }
          : { 'x-tlp-apikey': credential.api_key, 'x-tlp-signature': signBytes(credential.secret_key, '{}') };
      expect((await use(headers)).status).toBe(204);
      await manager.revoke(created.key.id);
      expect((await use(headers)).status).toBe(401);
    },
  );

  it("is the database's for good", async () => {
    const { dataDir } = await under('swiftsell');
    expect(await codeOf(startTestService({ dataDir, policy: 'jahuty' }))).toBe('conflict');
    expect(await codeOf(startTestService({ dataDir, policy: 'none-such' }))).toBe('usage');
    const again = await startTestService({ dataDir });
    expect(again.policy).toBe('Swiftsell');
    const { service } = testClient(again.url, again.managementKey);
    expect((await service.create({ name: 'x' }, idempotent())).key.prefix).toBe('ss_');
  });

  it('takes a database that has keys and no policy for one of the documented endpoints', async () => {
    const first = await startTestService();
    expect(await codeOf(startTestService({ dataDir: first.dataDir, policy: 'tylt' }))).toBe('conflict');
  });
});

describe('keys', () => {
  it('tells test from live by prefix, and restricts by address, referrer and endpoint', async () => {
    const { secret, use } = await under('keys');
    expect((await secret({ name: 'a', environment: 'test' })).secret).toMatch(/^sk_test_/);
    expect((await secret({ name: 'a' })).secret).toMatch(/^sk_live_/);
    const here = await secret({ name: 'a', restrictions: { ips: ['127.0.0.0/8'] } });
    const elsewhere = await secret({ name: 'a', restrictions: { ips: ['203.0.113.0/24'] } });
    const page = await secret({ name: 'a', restrictions: { referrers: ['https://a.example/*'] } });
    const endpoint = await secret({ name: 'a', restrictions: { endpoints: ['GET /v1/authorize'] } });
    expect((await use(bearer(here.secret))).status).toBe(204);
    expect((await use(bearer(elsewhere.secret))).status).toBe(403);
    expect((await use(bearer(page.secret))).status).toBe(403);
    expect((await use({ ...bearer(page.secret), referer: 'https://a.example/x' })).status).toBe(204);
    expect((await use(bearer(endpoint.secret))).status).toBe(204);
    expect((await use(bearer(endpoint.secret), '/v1/whoami')).status).toBe(403);
  });
});

describe('trust-swiftly', () => {
  it('gives full access, but not to the keys themselves', async () => {
    const { secret, manager } = await under('trust-swiftly');
    const { secret: key } = await secret();
    expect(await manager.verify({ key, scope: 'anything:at-all' })).toMatchObject({ valid: true });
    expect(await manager.verify({ key, scope: 'keys:write' })).toMatchObject({
      valid: false,
      reason: 'scope_missing',
    });
    expect(await codeOf(manager.create({ name: 'x', scopes: ['users:read'] }, idempotent()))).toBe(
      'unsupported',
    );
  });

  it('wants a User-Agent: without one 403', async () => {
    const { secret, url } = await under('trust-swiftly');
    const { secret: key } = await secret();
    const without = await rawRequest(`${url}/v1/authorize`, { headers: bearer(key) });
    expect(without.status).toBe(403);
    expect(JSON.parse(without.body)).toMatchObject({
      error_type: 'api_forbidden',
      error_message: /User-Agent/,
    });
  });

  it('says errors in its own shape, with ours beside it', async () => {
    const { use } = await under('trust-swiftly');
    const response = await use(bearer('none'));
    expect([response.status, response.headers['content-type']]).toEqual([401, 'application/json']);
    expect(JSON.parse(response.body)).toMatchObject({
      error_type: 'api_auth_error',
      error_message: expect.any(String),
      success: false,
      code: 'unauthenticated',
    });
  });

  it('takes 5 requests a second and 300 a minute of one key', async () => {
    const { secret, use, clock } = await under('trust-swiftly');
    const [one, other] = [await secret(), await secret()];
    clock.advance(HOUR);
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) statuses.push((await use(bearer(one.secret))).status);
    expect(statuses).toEqual([204, 204, 204, 204, 204, 429]);
    const limited = await use(bearer(one.secret));
    expect(limited.headers).toMatchObject({
      'x-ratelimit-limit': '5',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '1',
      'retry-after': '1',
    });
    expect((await use(bearer(other.secret))).status).toBe(204);
    for (let second = 1; second < 60; second++) {
      clock.advance(SECOND);
      for (let i = 0; i < 5; i++) expect((await use(bearer(one.secret))).status).toBe(204);
    }
    clock.advance(SECOND);
    expect((await use(bearer(one.secret))).status).toBe(204);
  });

  it('has no roll: create, then revoke', async () => {
    const { secret, manager } = await under('trust-swiftly');
    const { id } = await secret();
    await expect(manager.roll(id, {}, idempotent())).rejects.toMatchObject({
      code: 'unsupported',
      hint: expect.stringContaining('create a successor'),
    });
  });
});

it('keys: accepts a key in x-api-key, bare and after the word Bearer', async () => {
  const { secret, use } = await under('keys');
  const { secret: key } = await secret();
  for (const value of [key, `Bearer ${key}`, `bearer  ${key}`]) {
    expect((await use({ 'x-api-key': value })).status).toBe(204);
  }
  for (const value of ['Bearer', `Bearer Bearer ${key}`, `Basic ${key}`]) {
    expect((await use({ 'x-api-key': value })).status).toBe(401);
  }
});

describe('swiftsell', () => {
  it('begins with ss_, and is accepted in x-api-key and Authorization, bare and as a Bearer token', async () => {
    const { secret, use } = await under('swiftsell');
    const { secret: key, key: record } = await secret({ name: 'Shopify Integration' });
    expect(key).toMatch(/^ss_[0-9A-Za-z]{39}$/);
    expect(record.prefix).toBe('ss_');
    expect((await use({ 'x-api-key': key })).status).toBe(204);
    expect((await use({ 'x-api-key': `Bearer ${key}` })).status).toBe(204);
    expect((await use(bearer(key))).status).toBe(204);
    expect((await use({ authorization: key })).status).toBe(204);
    expect((await use({ 'x-other-key': key })).status).toBe(401);
    expect((await use({})).status).toBe(401);
  });

  it('shows when a key was last used', async () => {
    const { secret, use, manager, clock } = await under('swiftsell');
    const { secret: key, id } = await secret();
    expect((await manager.get(id)).last_used).toBeNull();
    clock.advance(HOUR);
    await use({ 'x-api-key': key });
    await expect.poll(async () => (await manager.get(id)).last_used).toBe(isoTime(clock.now()));
  });

  it('has no roll endpoint', async () => {
    const { secret, url, managementKey } = await under('swiftsell');
    const { id } = await secret();
    const response = await rawRequest(`${url}/v1/api-keys/${id}/roll`, {
      method: 'POST',
      headers: { ...UA, ...bearer(managementKey), 'content-type': 'application/json' },
      body: '{}',
    });
    expect([response.status, JSON.parse(response.body).code]).toEqual([501, 'unsupported']);
  });
});

describe('tylt', () => {
  const signed = (pair: { api_key: string; secret_key: string }, part: string) => ({
    'x-tlp-apikey': pair.api_key,
    'x-tlp-signature': signBytes(pair.secret_key, part),
  });

  it('needs a service and an environment, and revokes nothing without them', async () => {
    const { manager, pair, managementKey, url } = await under('tylt');
    const { id } = await pair();
    for (const [given, missing] of [
      [{ service: 'shop' }, 'environment'],
      [{ environment: 'demo' }, 'service'],
      [{ service: '', environment: 'demo' }, 'service'],
    ] as const) {
      const answer = await rawRequest(`${url}/v1/api-keys`, {
        method: 'POST',
        headers: { ...UA, ...bearer(managementKey), 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'x', ...given }),
      });
      expect([answer.status, JSON.parse(answer.body).detail]).toEqual([
        400,
        expect.stringContaining(missing),
      ]);
    }
    expect((await manager.get(id)).status).toBe('active');
    expect((await manager.list({})).keys.filter(({ name }) => name === 'x')).toEqual([]);
  });

  it('issues a pair, and keeps the half that signs only encrypted', async () => {
    const { pair, manager, dataDir } = await under('tylt');
    const one = await pair();
    expect(one.secret_key).toMatch(/^[0-9a-f]{64}$/);
    expect(one.key).toMatchObject({ environment: 'production', service: 'shop' });
    const { stdout } = await execa('cat', [`${dataDir}/keys.db`, `${dataDir}/keys.db-wal`], {
      encoding: 'latin1',
    });
    expect(stdout).toContain('shop');
    for (const half of [one.api_key, one.secret_key]) expect(stdout.includes(half)).toBe(false);
    expect(JSON.stringify(await manager.get(one.id))).not.toContain(one.secret_key);
  });

  it('is one pair for each service and environment: a new one revokes the previous one, in that environment alone', async () => {
    const { pair, manager } = await under('tylt');
    const [production, demo, other] = [
      await pair(),
      await pair({ name: 'shop', service: 'shop', environment: 'demo' }),
      await pair({ name: 'other', service: 'other' }),
    ];
    const next = await pair();
    expect(await manager.get(production.id)).toMatchObject({ status: 'revoked', rolled_to: next.id });
    for (const { id } of [demo, other, next]) expect((await manager.get(id)).status).toBe('active');
    expect(await codeOf(manager.create({ name: 'x', environment: 'live' }, idempotent()))).toBe(
      'invalid_request',
    );
  });

  it('takes a request that is signed over exactly what is sent, and no other', async () => {
    const { pair, use, url } = await under('tylt');
    const one = await pair();
    expect((await use(signed(one, '{}'))).status).toBe(204);
    expect((await use(signed(one, '{"b":"2","a":"x y"}'), '/v1/authorize?b=2&a=x+y')).status).toBe(204);
    expect((await use(signed(one, '{"a":"x y","b":"2"}'), '/v1/authorize?b=2&a=x+y')).status).toBe(401);
    expect((await use(signed(one, '{}'), '/v1/authorize?b=2')).status).toBe(401);
    const post = (body: string, signedBody: string) =>
      rawRequest(`${url}/v1/authorize`, {
        method: 'POST',
        headers: { ...UA, ...signed(one, signedBody) },
        body,
      });
    const body = '{ "amount": 1,\n "note": "ü" }';
    expect((await post(body, body)).status).toBe(204);
    expect((await post(body, JSON.stringify(JSON.parse(body)))).status).toBe(401);
    for (const [headers, reason] of [
      [{ 'x-tlp-apikey': one.api_key }, 'signature_missing'],
      [{ ...signed(one, '{}'), 'x-tlp-signature': signBytes('another', '{}') }, 'signature_wrong'],
      [
        { ...signed(one, '{}'), 'x-tlp-signature': signBytes(one.secret_key, '{}').toUpperCase() },
        'signature_wrong',
      ],
    ] as const) {
      const response = await use(headers);
      expect([response.status, JSON.parse(response.body).details.reason]).toEqual([401, reason]);
    }
  });

  it('takes the key in X-TLP-APIKEY and in Authorization, bare and as Bearer', async () => {
    const { pair, use } = await under('tylt');
    const one = await pair();
    const signature = { 'x-tlp-signature': signBytes(one.secret_key, '{}') };
    for (const headers of [
      { 'x-tlp-apikey': one.api_key },
      { 'x-tlp-apikey': `Bearer ${one.api_key}` },
      { authorization: one.api_key },
      bearer(one.api_key),
    ]) {
      expect((await use({ ...headers, ...signature })).status).toBe(204);
    }
  });

  it('verifies a pair by a signature, never by its secret key', async () => {
    const { pair, manager } = await under('tylt');
    const { api_key: key, secret_key } = await pair();
    expect(await manager.verify({ key })).toMatchObject({ valid: false, reason: 'signature_missing' });
    expect(await manager.verify({ key, signature: signBytes(secret_key, '{}') })).toMatchObject({
      valid: true,
    });
    const body = '{"a":1}';
    expect(await manager.verify({ key, signature: signBytes(secret_key, body), signed: body })).toMatchObject(
      {
        valid: true,
      },
    );
    expect(await manager.verify({ key, signature: signBytes(secret_key, body) })).toMatchObject({
      valid: false,
      reason: 'signature_wrong',
    });
  });

  it('rolls without a grace', async () => {
    const { pair, manager, use } = await under('tylt');
    const one = await pair();
    expect(await codeOf(manager.roll(one.id, { grace_seconds: 3600 }, idempotent()))).toBe('unsupported');
    await manager.roll(one.id, {}, idempotent());
    expect((await use(signed(one, '{}'))).status).toBe(401);
  });

  it('needs the encryption key that its database was made with', async () => {
    const { dataDir, pair, use } = await under('tylt');
    const one = await pair();
    const start = (encryptionKey: ReturnType<typeof testEncryptionKey>) =>
      startTestService({ dataDir, encryptionKey });
    expect(await codeOf(start(testEncryptionKey(8)))).toBe('conflict');
    expect(await codeOf(start(testEncryptionKey(7, false)))).toBe('conflict');
    const again = await start(testEncryptionKey());
    expect((await rawRequest(`${again.url}/v1/authorize`, { headers: signed(one, '{}') })).status).toBe(204);
    expect((await use(signed(one, '{}'))).status).toBe(204);
  });

  it('signs its webhooks with the secret key of the pair that they are about', async () => {
    const { url, seen } = await faultyServer((response, _, count) => {
      // The first is refused: it is sent again.
      response.writeHead(count === 1 ? 500 : 200).end('ok');
    });
    const { pair, manager } = await under('tylt', { webhookUrl: url });
    const first = await pair();
    const second = await pair();
    await manager.revoke(second.id);
    await expect.poll(() => seen.length).toBe(5);
    const told = seen.map(({ body }) => ({ type: JSON.parse(body).type, id: JSON.parse(body).key.id }));
    for (const event of [
      { type: 'key.created', id: first.id },
      { type: 'key.superseded', id: first.id },
      { type: 'key.created', id: second.id },
      { type: 'key.revoked', id: second.id },
    ]) {
      expect(told).toContainEqual(event);
    }
    for (const { body, headers } of seen) {
      const of = JSON.parse(body).key.id === first.id ? first : second;
      expect(headers['x-tlp-signature']).toBe(signBytes(of.secret_key, body));
    }
    expect(await codeOf(startTestService({ webhookUrl: 'http://hooks.example.com' }))).toBe('usage');
    const withPassword = startTestService({ webhookUrl: 'http://me:fake-password@hooks.example.com/x' });
    await expect(withPassword).rejects.not.toThrow(/fake-password/);
  });

  it('reads no more of what a receiver of webhooks responds with than it needs', async () => {
    const received: number[] = [];
    const { url } = await faultyServer((response) => {
      const piece = Buffer.alloc(64 * 1024, 'o');
      const send = () => {
        while (!response.destroyed && response.write(piece));
      };
      const { socket } = response;
      response.on('drain', send).on('close', () => received.push(socket?.bytesWritten ?? 0));
      response.writeHead(200);
      send();
    });
    const { pair, service } = await under('tylt', { webhookUrl: url });
    await pair();
    await expect.poll(() => received.length).toBeGreaterThan(0);
    // The kernel takes some of a response that nobody reads.
    for (const bytes of received) expect(bytes).toBeLessThan(32_000_000);
    await service.close();
    expect(service.log.join('\n')).toContain('webhook: ');
  });
});

describe('jahuty', () => {
  it('has a public Default API Key from the start', async () => {
    const { manager, service } = await under('jahuty');
    const [first] = (await manager.list({ type: 'public' })).keys;
    expect(first).toMatchObject({ name: 'Default API Key', type: 'public', status: 'active' });
    expect(service.firstKeys.map(({ key }) => key.id)).toEqual([first?.id]);
  });

  it('has public keys that may read and secret ones that may do all, not told apart by their form', async () => {
    const { secret, manager } = await under('jahuty');
    const [open, closed] = [await secret({ name: 'open', type: 'public' }), await secret({ name: 'closed' })];
    for (const { secret: key } of [open, closed]) expect(key).toMatch(/^[0-9A-Za-z]{39}$/);
    const may = async (key: string, scope: string) => (await manager.verify({ key, scope })).valid;
    expect(await may(open.secret, 'snippets:read')).toBe(true);
    expect(await may(open.secret, 'snippets:write')).toBe(false);
    expect(await may(closed.secret, 'snippets:write')).toBe(true);
    expect(await may(closed.secret, 'keys:read')).toBe(false);
  });

  it('ends on its expiration date, and by default not at all', async () => {
    const { secret, use, clock } = await under('jahuty');
    const ends = await secret({ name: 'a', expires_at: new Date(clock.now() + DAY).toISOString() });
    const stays = await secret();
    expect(stays.key.expires_at).toBeNull();
    clock.advance(DAY - 1);
    expect((await use(bearer(ends.secret))).status).toBe(204);
    clock.advance(1);
    expect((await use(bearer(ends.secret))).status).toBe(401);
    expect((await use(bearer(stays.secret))).status).toBe(204);
  });

  it('lets both keys work for 12 hours after a roll, and not a second longer', async () => {
    const { secret, manager, use, clock } = await under('jahuty');
    const old = await secret();
    for (const grace_seconds of [0, 3600, 12 * 3600 + 1]) {
      expect(await codeOf(manager.roll(old.id, { grace_seconds }, idempotent()))).toBe('unsupported');
    }
    const rolled = await manager.roll(old.id, {}, idempotent());
    const fresh = 'secret' in rolled.credential ? rolled.credential.secret : '';
    const both = async () => [(await use(bearer(old.secret))).status, (await use(bearer(fresh))).status];
    expect(await both()).toEqual([204, 204]);
    clock.advance(12 * HOUR - 1);
    expect(await both()).toEqual([204, 204]);
    clock.advance(1);
    expect(await both()).toEqual([401, 204]);
  });

  it.each([
    ['missing', undefined],
    ['malformed', 'not!a!key'],
    ['unknown', 'A'.repeat(39)],
  ])('responds with 401 with a problem document to a key that is %s', async (_, key) => {
    const { use } = await under('jahuty');
    const response = await use(key === undefined ? {} : bearer(key));
    expect([response.status, response.headers['content-type']]).toEqual([401, 'application/problem+json']);
  });

  it('responds with 401 to an outdated key', async () => {
    const { secret, manager, use, clock } = await under('jahuty');
    const old = await secret();
    await manager.roll(old.id, {}, idempotent());
    clock.advance(13 * HOUR);
    expect(JSON.parse((await use(bearer(old.secret))).body)).toMatchObject({
      status: 401,
      details: { reason: 'expired' },
    });
  });
});
