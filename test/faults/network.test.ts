import { describe, expect, it } from 'vitest';
import { type Fault, faultyProxy } from '../support/faulty-proxy.js';
import { startTestService } from '../support/key-service-server.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { testClient } from '../support/test-client.js';
import { vendorServer, writeVendorProvider } from '../support/vendor-server.js';
import { noteFault } from './fault-table.js';

const FAULTS: readonly Fault[] = [
  'reset before the request',
  'reset after the request',
  'cut in the middle of the response',
  'half the body',
  'slow',
  'request sent twice',
];
const SECRET = /(?:sk_live_[0-9A-Za-z]{39}|vnd_[0-9a-f]{48})/g;

describe.each(FAULTS)('a network that is %s', (fault) => {
  it('creates no key twice and loses none, at a service that recognises a repeat', async () => {
    const service = await startTestService({ clock: { now: Date.now } });
    const { service: manager } = testClient(service.url, service.managementKey);
    const proxy = await faultyProxy(service.url);
    const keys = await keysInProcess();
    const env = { KEYS_API_KEY: service.managementKey, KEYS_BASE_URL: proxy.url };
    const held = new Set<string>();
    for (let before = 0; before < 3; before++) {
      // The fault meets the look for a namesake, the create, or the acknowledgement.
      proxy.next(...Array.from({ length: before }, (): Fault => 'slow'), fault);
      const made = await keys.run(['create', '--name', `k${before}`, '--raw'], { env });
      const resumed = await keys.run(['resume', '--show'], { env });
      for (const [secret] of (made.stdout + resumed.stdout).matchAll(SECRET)) held.add(secret);
    }
    const { keys: all } = await manager.list({ limit: 100 });
    const live = all.filter(({ name, status }) => name.startsWith('k') && status === 'active');
    const good = new Set<string>();
    for (const secret of held) {
      const verdict = await manager.verify({ key: secret });
      if (verdict.valid) good.add(verdict.key.id);
    }
    noteFault({
      ...{ where: 'keys serve', what: 'create', point: fault },
      facts: { created: 3, live: live.length, held: good.size },
    });
    expect(live.map(({ name }) => name).sort()).toEqual(['k0', 'k1', 'k2']);
    expect(good.size).toBe(3);
    expect(JSON.parse((await keys.run(['pending', '--json'])).stdout)).toEqual([]);
    await keys.remove();
  });

  it.each([true, false])(
    'at a vendor that does not (it keeps metadata: %s): nothing is sent twice, and what may have been created is reported',
    async (keepsMetadata) => {
      const vendor = await vendorServer();
      const proxy = await faultyProxy(vendor.url);
      const keys = await keysInProcess();
      await keys.run(['config', 'set', 'storage', 'file']);
      await keys.run(['provider', 'add', writeVendorProvider(keys.home, { keepsMetadata })]);
      const env = { KEYS_API_KEY: vendor.admin, KEYS_BASE_URL: proxy.url, KEYS_PROVIDER: 'vendor' };
      // The first connection is kept for the look for a namesake and the create: it is cut at either.
      proxy.next(fault);
      const made = await keys.run(['create', '--name', 'k', '--raw'], { env });
      const resumed = await keys.run(['resume', '--show'], { env });
      const held = new Set((made.stdout + resumed.stdout).match(SECRET));
      const created = vendor.keys.length;
      const live = vendor.keys.filter(({ revoked }) => !revoked);
      const unknown = live.filter(
        ({ id, secret }) => !held.has(secret) && !resumed.stderr.includes(`maybe created: ${id}`),
      );
      const where = `a vendor${keepsMetadata ? '' : ' without metadata'}`;
      noteFault({
        ...{ where, what: 'create', point: fault },
        facts: {
          created,
          live: live.length,
          held: held.size,
          unknown: unknown.length,
        },
      });
      // A network that sends a request twice can make two keys there: that is reported, and nothing else can
      // be done.
      expect(created).toBeLessThanOrEqual(fault === 'request sent twice' ? 2 : 1);
      if (fault !== 'request sent twice') expect(unknown).toEqual([]);
      if (keepsMetadata && fault !== 'request sent twice')
        expect(live.every(({ secret }) => held.has(secret))).toBe(true);
      await keys.remove();
    },
  );
});

describe.each([429, 503])('a service that says %i', (status) => {
  it('creates one key once it responds', async () => {
    const { faultyServer } = await import('../support/faulty-server.js');
    const service = await startTestService({ clock: { now: Date.now } });
    const { url } = await faultyServer((response, request, count) => {
      if (count <= 2) return response.writeHead(status, { 'retry-after': '0' }).end();
      fetch(service.url + request.url, {
        method: request.method ?? 'GET',
        headers: {
          authorization: String(request.headers.authorization),
          'content-type': 'application/json',
          'idempotency-key': String(request.headers['idempotency-key'] ?? 'none'),
        },
        ...(request.method === 'GET' ? {} : { body: JSON.stringify({ name: 'k' }) }),
      })
        .then(async (relayed) =>
          response
            .writeHead(relayed.status, { 'content-type': 'application/json' })
            .end(await relayed.text()),
        )
        .catch(() => response.destroy());
      return response;
    });
    const keys = await keysInProcess();
    const made = await keys.run(['create', '--name', 'k', '--raw'], {
      env: { KEYS_API_KEY: service.managementKey, KEYS_BASE_URL: url },
    });
    expect(made.stdout).toMatch(SECRET);
    const { keys: all } = await testClient(service.url, service.managementKey).service.list({ name: 'k' });
    expect(all).toHaveLength(1);
    await keys.remove();
  });
});
