import { describe, expect, it } from 'vitest';
import type { CreateKey } from '../../../src/domain/key-service.js';
import { idempotent, secretOf } from '../../contract/key-service.js';
import {
  type DocumentedProxy,
  documentedConfiguration,
  startDocumentedProxy,
} from '../../support/documented-proxy.js';
import { readGuide } from '../../support/guides.js';
import { startTestService } from '../../support/key-service-server.js';
import { missing } from '../../support/needs.js';
import { type RawResponse, rawRequest } from '../../support/raw-request.js';
import { configurationOf, type ProxyName, startApi, startProxy } from '../../support/reverse-proxy.js';
import { testClient } from '../../support/test-client.js';

const READ = 'invoices:read';

/** Callers have another address than the proxy, which is believed. macOS has no second one. */
const CALLER = process.platform === 'darwin' ? '127.0.0.1' : '127.0.0.2';

/** What a caller gets while the key service is away. */
const AWAY = { nginx: 503, caddy: 502, traefik: 500, envoy: 503 } as const;

function isInstallable(proxy: ProxyName | DocumentedProxy): proxy is ProxyName {
  return proxy === 'nginx' || proxy === 'caddy';
}

/**
 * A key service, someone's API, and a proxy in front of it that asks the key service before it asks the API.
 */
async function inFront(proxy: ProxyName | DocumentedProxy, change?: (configuration: string) => string) {
  const service = await startTestService({ trustProxies: ['127.0.0.1'] });
  const api = await startApi();
  const url = isInstallable(proxy)
    ? await startProxy(proxy, { keyService: service.url, api, ...(change ? { change } : {}) })
    : await startDocumentedProxy(
        proxy,
        (change ?? String)(documentedConfiguration(proxy)).replace('http://127.0.0.1:8787', service.url),
        api,
      );
  const manager = testClient(service.url, service.managementKey).service;
  return {
    service,
    manager,
    key: async (request: Partial<CreateKey> = {}) => {
      const created = await manager.create({ name: 'caller', scopes: [READ], ...request }, idempotent());
      return { id: created.key.id, secret: secretOf(created) };
    },
    ask: (
      secret: string | undefined,
      { method = 'GET', path = '/invoices?page=2', headers = {}, body = '' } = {},
    ): Promise<RawResponse> =>
      rawRequest(url + path, {
        method,
        from: CALLER,
        headers: { ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }), ...headers },
        ...(body === '' ? {} : { body }),
      }),
  };
}

it('are in keys-service(7) as they were run', () => {
  const page = readGuide('man/keys-service.7.md');
  expect(page).toContain(`\`\`\`nginx\n${configurationOf('nginx')}\`\`\``);
  expect(page).toContain(`\`\`\`text\n${configurationOf('caddy').replaceAll('\t', '  ')}\`\`\``);
});

it('speaks of a path below /v1/authorize with a trusted proxy alone', async () => {
  const trusting = await startTestService({ trustProxies: ['127.0.0.1'] });
  const wary = await startTestService({ beside: trusting });
  const { service } = testClient(trusting.url, trusting.managementKey);
  const restricted = { name: 'reader', restrictions: { endpoints: ['DELETE /invoices/*'] } };
  const secret = secretOf(await service.create(restricted, idempotent()));
  const ask = async (url: string, method: string, path: string, more: Record<string, string> = {}) => {
    const headers = { authorization: `Bearer ${secret}`, ...more };
    return (await rawRequest(`${url}/v1/authorize${path}`, { method, headers })).status;
  };
  expect(await ask(trusting.url, 'DELETE', '/invoices/1?scope=x')).toBe(200);
  expect(await ask(trusting.url, 'GET', '/invoices/1')).toBe(403);
  expect(await ask(trusting.url, 'DELETE', '/invoices/1', { 'x-require-scope': '' })).toBe(400);
  expect(await ask(trusting.url, 'DELETE', '/invoices/1', { 'x-require-environment': 'test' })).toBe(403);
  expect(await ask(wary.url, 'DELETE', '/invoices/1')).toBe(403);
});

describe.each(['nginx', 'caddy', 'traefik', 'envoy'] as const)('%s in front of an API', (proxy) => {
  describe.skipIf(isInstallable(proxy) && missing(proxy))('', () => {
    it('lets a key through, as Bearer or x-api-key, and tells the API which', async () => {
      const { ask, key } = await inFront(proxy);
      const { id, secret } = await key();
      const response = await ask(secret);
      expect([response.status, JSON.parse(response.body)]).toEqual([
        200,
        expect.objectContaining({ method: 'GET', url: '/invoices?page=2', key: id, scopes: READ }),
      ]);
      expect((await ask(undefined, { headers: { 'x-api-key': secret } })).status).toBe(200);
      const posted = await ask(secret, { method: 'POST', body: '{"amount":1}' });
      expect([posted.status, JSON.parse(posted.body).method]).toEqual([200, 'POST']);
      const members = ['id', 'scopes', 'type', 'environment', 'service', 'owner'];
      const headers = Object.fromEntries(members.map((member) => [`x-key-${member}`, 'claimed']));
      const claimed = JSON.parse((await ask(secret, { headers })).body);
      expect(claimed).toMatchObject({ key: id, scopes: READ });
      expect(claimed.claims).toMatchObject({ 'x-key-environment': 'live', 'x-key-type': 'secret' });
      expect(Object.values(claimed.claims)).not.toContain('claimed');
    });

    it('responds with 401 without a key or with one that is no good, and says how to authenticate', async () => {
      const { ask } = await inFront(proxy);
      for (const secret of [undefined, 'sk_live_unknown', 'another']) {
        const response = await ask(secret);
        expect([response.status, response.headers['www-authenticate']]).toEqual([401, 'Bearer']);
        expect(JSON.parse(response.body).hint).toMatch(
          /send the key|copy the whole key|is it a key of this service/,
        );
      }
    });

    it('refuses with the very next request after a revocation', async () => {
      const { ask, key, manager } = await inFront(proxy);
      const { id, secret } = await key();
      expect((await ask(secret)).status).toBe(200);
      await manager.revoke(id);
      expect((await ask(secret)).status).toBe(401);
    });

    it('responds with 403 to a key without the scope', async () => {
      const { ask, key } = await inFront(proxy);
      const refused = await ask((await key({ scopes: ['invoices:write'] })).secret);
      expect([refused.status, JSON.parse(refused.body).detail]).toEqual([
        403,
        'the key lacks the scope invoices:read',
      ]);
      expect(refused.headers['content-type']).toBe('application/problem+json');
    });

    it("judges by the original method, path, address and page, whatever the caller's own headers say", async () => {
      const { ask, key } = await inFront(proxy);
      const reader = (await key({ restrictions: { endpoints: ['GET /invoices/*'] } })).secret;
      expect((await ask(reader, { path: '/invoices/1?x=1' })).status).toBe(200);
      expect((await ask(reader, { path: '/customers/1' })).status).toBe(403);
      expect((await ask(reader, { path: '/invoices/../customers/1' })).status).toBe(403);
      expect((await ask(reader, { path: '/invoices/%2e%2e/customers/1' })).status).toBe(403);
      expect((await ask(reader, { path: '/invoices/1', method: 'DELETE' })).status).toBe(403);
      for (const [method, uri] of [
        ['X-Original-Method', 'X-Original-URI'],
        ['X-Forwarded-Method', 'X-Forwarded-Uri'],
      ] as const) {
        const headers = { [method]: 'GET', [uri]: '/invoices/1' };
        expect((await ask(reader, { path: '/customers/1', method: 'DELETE', headers })).status).toBe(403);
      }
      const here = (await key({ restrictions: { ips: [CALLER] } })).secret;
      const elsewhere = (await key({ restrictions: { ips: ['203.0.113.7'] } })).secret;
      expect((await ask(here)).status).toBe(200);
      // A caller at the address of the proxy is believed, and Envoy passes on what it says.
      const headers = { 'x-forwarded-for': '203.0.113.7', 'x-real-ip': '203.0.113.7' };
      if (CALLER !== '127.0.0.1' || proxy !== 'envoy')
        expect((await ask(elsewhere, { headers })).status).toBe(403);
      const page = (await key({ restrictions: { referrers: ['https://a.example'] } })).secret;
      expect((await ask(page, { headers: { referer: 'https://a.example/x' } })).status).toBe(200);
      expect((await ask(page, { headers: { referer: 'https://b.example/x' } })).status).toBe(403);
    });

    it("leaves the API's own parameters alone, but for a key of ours", async () => {
      const { ask, key } = await inFront(proxy);
      const { secret } = await key();
      expect((await ask(secret, { path: '/invoices?token=next&key=3&scope=x' })).status).toBe(200);
      expect((await ask(secret, { path: `/invoices?token=${secret}` })).status).toBe(403);
    });

    it('passes 429 with its time to a caller that tries keys, and accepts a valid key', async () => {
      const { ask, key } = await inFront(proxy);
      const { secret } = await key();
      for (let i = 0; i < 20; i++) expect((await ask(`sk_live_${i}`)).status).toBe(401);
      const limited = await ask('sk_live_another');
      expect([limited.status, limited.headers['retry-after']]).toEqual([429, '3']);
      expect((await ask(secret)).status).toBe(200);
    });

    it('asks for any key where no scope is configured', async () => {
      const { ask, key } = await inFront(proxy, (text) =>
        text.replace('?scope=invoices:read', '?').replace(/headers_to_add:\n.*/, 'headers_to_add: []'),
      );
      const { secret } = await key({ scopes: [] });
      expect((await ask(secret, { path: '/invoices?scope=a&scope=b&token=x' })).status).toBe(200);
      expect((await ask(undefined)).status).toBe(401);
    });

    it('lets nobody in while the key service is away', async () => {
      const { ask, key, service } = await inFront(proxy);
      const { secret } = await key();
      await service.close();
      expect((await ask(secret)).status).toBe(AWAY[proxy]);
    });
  });
});
