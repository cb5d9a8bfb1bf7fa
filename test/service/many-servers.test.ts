import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openKeyDatabase } from '../../src/service/open-key-database.js';
import { createSqlKeyStore } from '../../src/service/store/sql-key-store.js';
import { codeOf, idempotent, secretOf } from '../contract/key-service.js';
import { testEncryptionKey } from '../support/encryption-key.js';
import { startTestService, type TestService } from '../support/key-service-server.js';
import { testPostgres } from '../support/postgres.js';
import { HOUR } from '../support/settable-clock.js';
import { silentRelay } from '../support/silent-relay.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { testClient } from '../support/test-client.js';
import { underWay } from '../support/under-way.js';

const { own, all } = await testPostgres();

async function authorize(server: TestService, secret: string): Promise<number> {
  const response = await fetch(`${server.url}/v1/authorize`, {
    headers: { authorization: `Bearer ${secret}` },
  });
  await response.arrayBuffer();
  return response.status;
}

describe.skipIf(own === null)('servers that start at once', () => {
  it('make one management key, each with a data directory of its own', async () => {
    const address = await (own as NonNullable<typeof own>).freshAddress();
    const start = async () => {
      const service = await startTestService({ address }).catch((error: NodeJS.ErrnoException) => {
        // The two that made none have no file for the test's helper to read.
        if (error.code === 'ENOENT') return null;
        throw error;
      });
      return service;
    };
    const started = (await Promise.all([start(), start(), start()])).filter((one) => one !== null);
    expect(started).toHaveLength(1);
    const { managementKey, url } = started[0] as TestService;
    const { keys } = await testClient(url, managementKey).service.list({});
    expect(keys.map(({ name }) => name)).toEqual(['management key']);
  });

  it('make the first keys of a policy once, and end all pairs of a service but the last', async () => {
    const postgres = own as NonNullable<typeof own>;
    const jahuty = { address: await postgres.freshAddress(), policy: 'jahuty', dataDir: temporaryFolder() };
    const started = await Promise.all([startTestService(jahuty), startTestService(jahuty)]);
    expect(started.flatMap(({ firstKeys }) => firstKeys)).toHaveLength(1);
    const tylt = {
      address: await postgres.freshAddress(),
      policy: 'tylt',
      encryptionKey: testEncryptionKey(),
    };
    const first = await startTestService(tylt);
    const servers = [first, await startTestService({ ...tylt, beside: first })];
    const clients = servers.map(({ url }) => testClient(url, first.managementKey).service);
    const pairs = Array.from({ length: 20 }, (_, i) =>
      clients[i % 2]?.create({ name: 'shop', service: 'shop', environment: 'demo' }, idempotent()),
    );
    expect(new Set((await Promise.all(pairs)).map((created) => created?.key.id)).size).toBe(20);
    const { keys } = (await clients[0]?.list({ name: 'shop', status: ['active'] })) ?? { keys: [] };
    expect(keys).toHaveLength(1);
  });
});

/** Where three servers may share a database: each a place of its own. */
const SHARED = [
  ['SQLite', async () => ({})],
  ...all.map((server) => [server.name, async () => ({ address: await server.freshAddress() })] as const),
] as ReadonlyArray<readonly [name: string, fresh: () => Promise<{ address?: string }>]>;

describe.each(SHARED)('three servers on one database, %s,', (_, fresh) => {
  async function three(options: { flushMs?: number } = {}) {
    const place = await fresh();
    const first = await startTestService({ ...place, ...options });
    const servers = [
      first,
      await startTestService({ ...place, beside: first, ...options }),
      await startTestService({ ...place, beside: first, ...options }),
    ] as const;
    const clients = servers.map(({ url }) => testClient(url, first.managementKey).service);
    const { dataDir, clock } = first;
    const { address } = place;
    const database = { dataDir, ...(address === undefined ? {} : { database: { address, env: {} } }) };
    return { servers, clock, client: clients[0] as (typeof clients)[0], clients, database };
  }

  it('all refuse a key with the very next request after its revocation, roll or expiry', async () => {
    const { servers, clients, clock } = await three();
    const everywhere = (secret: string) => Promise.all(servers.map((server) => authorize(server, secret)));
    for (const [i, client] of clients.entries()) {
      const revoked = await client.create({ name: `revoked ${i}` }, idempotent());
      expect(await everywhere(secretOf(revoked))).toEqual([204, 204, 204]);
      await client.revoke(revoked.key.id);
      expect(await everywhere(secretOf(revoked))).toEqual([401, 401, 401]);
      const old = await client.create({ name: `rolled ${i}` }, idempotent());
      const rolled = await client.roll(old.key.id, { grace_seconds: 0 }, idempotent());
      expect(await everywhere(secretOf(old))).toEqual([401, 401, 401]);
      expect(await everywhere(secretOf(rolled))).toEqual([204, 204, 204]);
      const expires_at = new Date(clock.now() + HOUR).toISOString();
      const short = await client.create({ name: `short ${i}`, expires_at }, idempotent());
      clock.advance(HOUR - 1);
      expect(await everywhere(secretOf(short))).toEqual([204, 204, 204]);
      clock.advance(1);
      expect(await everywhere(secretOf(short))).toEqual([401, 401, 401]);
    }
  });

  it('accept nothing after a revocation was acknowledged, under load', async () => {
    const { servers, client } = await three();
    const created = await client.create({ name: 'loaded' }, idempotent());
    let acknowledged = false;
    let over = false;
    const counts = { before: 0, late: 0, refused: 0 };
    const load = underWay(
      servers.flatMap((server) =>
        Array.from({ length: 4 }, async () => {
          while (!over) {
            const after = acknowledged;
            const status = await authorize(server, secretOf(created));
            if (status === 401) counts.refused++;
            else if (after) counts.late++;
            else counts.before++;
          }
        }),
      ),
    );
    // A load that goes on after its test would disturb the next ones.
    onTestFinished(() => {
      over = true;
    });
    await vi.waitFor(() => expect(counts.before).toBeGreaterThan(200), 60_000);
    await client.revoke(created.key.id);
    acknowledged = true;
    await vi.waitFor(() => expect(counts.refused).toBeGreaterThan(200), 60_000);
    over = true;
    await Promise.all(load);
    expect(counts.late).toBe(0);
  });

  it('make one key of creates with one idempotency key, and one successor of rolls, wherever they come in', async () => {
    const { servers, clients, client } = await three();
    const once = idempotent();
    const made = await Promise.all(
      Array.from({ length: 100 }, (_, i) => clients[i % 3]?.create({ name: 'ci' }, once)),
    );
    expect(new Set(made.map((created) => created?.key.id)).size).toBe(1);
    const id = made[0]?.key.id ?? '';
    const rolls = await Promise.all(clients.map((one) => codeOf(one.roll(id, {}, idempotent()))));
    expect(rolls.toSorted()).toEqual(['conflict', 'conflict', 'none']);
    const { keys } = await client.list({ name: 'ci' });
    expect(keys).toHaveLength(2);
    const [newest] = keys.filter(({ status }) => status === 'active');
    const statuses = servers.slice(1).map(async (server) => {
      const response = await fetch(`${server.url}/v1/api-keys/${newest?.id}/roll`, {
        method: 'POST',
        headers: { authorization: `Bearer ${servers[0].managementKey}` },
      });
      await response.arrayBuffer();
      return response.status;
    });
    expect((await Promise.all(statuses)).toSorted()).toEqual([201, 409]);
  });

  it('share the count of a limit: together they allow little more than it says', async () => {
    const { servers, client, database } = await three();
    const uses = 12;
    const created = await client.create({ name: 'limited', limits: { uses } }, idempotent());
    const store = createSqlKeyStore(await openKeyDatabase(database));
    onTestFinished(() => store.close());
    const written = async () => (await store.limitCounts(created.key.id))[0]?.used;
    let allowed = 0;
    for (let round = 0; round < uses; round++) {
      for (const server of servers) {
        if ((await authorize(server, secretOf(created))) === 403) continue;
        allowed++;
        await expect.poll(written, { timeout: 60_000 }).toBe(allowed);
      }
    }
    expect(allowed).toBeGreaterThanOrEqual(uses);
    // Each learns of the others when it writes: it allows what it counts until then, and what comes in during
    // the write.
    expect(allowed).toBeLessThanOrEqual(uses + 2 * servers.length);
    for (const server of servers) expect(await authorize(server, secretOf(created))).toBe(403);
    expect(await written()).toBe(allowed);
  });

  it('merge their last uses, never backwards, and write what is left when they end', async () => {
    // Nothing is written before the end.
    const { servers, client, clock, database } = await three({ flushMs: 600_000 });
    const created = await client.create({ name: 'used' }, idempotent());
    const latest = clock.now() + 5_000;
    clock.advance(5_000);
    await authorize(servers[1], secretOf(created));
    clock.advance(-3_000);
    await authorize(servers[2], secretOf(created));
    for (const server of servers) await server.close();
    const store = createSqlKeyStore(await openKeyDatabase(database));
    expect((await store.byId(created.key.id))?.last_used).toBe(latest);
    await store.close();
  });
});

describe.skipIf(own === null)('a server whose database goes away', () => {
  const ask = async (server: TestService, path: string, key = server.managementKey) => {
    const response = await fetch(server.url + path, { headers: { authorization: `Bearer ${key}` } });
    return {
      status: response.status,
      retry: response.headers.get('retry-after'),
      body: await response.json(),
    };
  };

  it('responds with 503, is not ready but alive, and comes back without a restart', async () => {
    const postgres = own as NonNullable<typeof own>;
    const server = await startTestService({ address: await postgres.freshAddress() });
    const client = testClient(server.url, server.managementKey).service;
    const created = await client.create({ name: 'kept' }, idempotent());
    expect(await ask(server, '/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });
    await postgres.stop();
    const gone = await ask(server, '/v1/api-keys');
    expect(gone).toMatchObject({ status: 503, retry: '2', body: { code: 'database_unavailable' } });
    expect(JSON.stringify(gone.body)).not.toMatch(/postgres|127\.0\.0\.1/);
    expect(await ask(server, '/readyz')).toMatchObject({ status: 503, retry: '2' });
    expect(await ask(server, '/healthz')).toMatchObject({ status: 200 });
    expect(await authorize(server, secretOf(created))).toBe(503);
    expect(server.log.join('\n')).toContain('"error":"database_unavailable"');
    await postgres.start();
    await vi.waitFor(async () => expect((await ask(server, '/readyz')).status).toBe(200), 60_000);
    expect(await authorize(server, secretOf(created))).toBe(204);
    await vi.waitFor(async () => expect((await client.get(created.key.id)).last_used).not.toBeNull(), 60_000);
  });

  it('responds with 503 where its database says nothing any more, and comes back by itself', async () => {
    const relay = await silentRelay(await (own as NonNullable<typeof own>).freshAddress());
    const server = await startTestService({ address: relay.address });
    const created = await testClient(server.url, server.managementKey).service.create(
      { name: 'a' },
      idempotent(),
    );
    relay.silence();
    // More than there are connections: some wait for a response, some for a connection.
    const responses = await Promise.all([
      ask(server, '/readyz'),
      ...Array.from({ length: 14 }, () => ask(server, '/v1/whoami', secretOf(created))),
    ]);
    for (const response of responses) expect(response).toMatchObject({ status: 503, retry: '2' });
    expect(await ask(server, '/healthz')).toMatchObject({ status: 200 });
    relay.restore();
    await vi.waitFor(async () => expect((await ask(server, '/readyz')).status).toBe(200), 60_000);
    expect(await authorize(server, secretOf(created))).toBe(204);
  });
});
