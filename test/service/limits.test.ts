import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type KeyLimits,
  limitsText,
  normalLimits,
  quotaSpan,
  rateSpan,
} from '../../src/domain/key-limits.js';
import { createLimitCounter } from '../../src/service/limit-counter.js';
import type { LimitCount } from '../../src/service/store/key-store.js';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { createSqlKeyStore } from '../../src/service/store/sql-key-store.js';
import { WindowCounts } from '../../src/service/window-counts.js';
import { openSqliteDatabase } from '../../src/storage/sql/sqlite-database.js';
import { idempotent, secretOf } from '../contract/key-service.js';
import { startTestService, type TestService } from '../support/key-service-server.js';
import { rawRequest } from '../support/raw-request.js';
import { settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { testClient } from '../support/test-client.js';

const MINUTE = 60_000;

describe('limits as people write them', () => {
  it.each<[KeyLimits, KeyLimits, string]>([
    [{ rate: '100/minute' }, { rate: '100/min' }, '100/min'],
    [{ rate: '5/sec', quota: '10/d' }, { rate: '5/s', quota: '10/day' }, '5/s, 10/day'],
    [{ quota: '1/y', uses: 1 }, { quota: '1/year', uses: 1 }, '1/year, 1 use'],
    [{ quota: '7/mo', uses: 2 }, { quota: '7/month', uses: 2 }, '7/month, 2 uses'],
    [{}, {}, ''],
  ])('%j', (written, normal, shown) => {
    expect(normalLimits(written)).toEqual(normal);
    expect(limitsText(normal)).toBe(shown);
  });

  it.each([
    '',
    '100',
    '0/min',
    '-1/min',
    '1.5/min',
    '1e3/min',
    '100/month',
    '100/min ',
    '99999999999999/s',
    '1/constructor',
  ])('refuses the rate %j', (rate) => {
    expect(() => normalLimits({ rate })).toThrow('not a rate');
  });

  it('has windows that follow each other without a gap, and periods as the calendar has them', () => {
    // The calendar's own example, of no relation to today: the last millisecond of a leap day.
    const now = Date.parse('2028-02-29T23:59:59.999Z');
    const iso = ({ start, end }: { start: number; end: number }) =>
      [start, end].map((at) => new Date(at).toISOString().slice(0, 19));
    expect(iso(rateSpan('min', now))).toEqual(['2028-02-29T23:59:00', '2028-03-01T00:00:00']);
    expect(rateSpan('h', rateSpan('h', now).end).start).toBe(rateSpan('h', now).end);
    expect(iso(quotaSpan('month', now))).toEqual(['2028-02-01T00:00:00', '2028-03-01T00:00:00']);
    expect(iso(quotaSpan('year', now))).toEqual(['2028-01-01T00:00:00', '2029-01-01T00:00:00']);
    expect(iso(quotaSpan('day', now + 1))).toEqual(['2028-03-01T00:00:00', '2028-03-02T00:00:00']);
  });
});

describe('a counter of uses', () => {
  async function fresh() {
    const clock = settableClock();
    // In the middle of a minute, and not near the end of a day or month.
    clock.advance(quotaSpan('month', clock.now()).end - clock.now() + 40 * 3_600_000 + 30_000);
    const database = await openSqliteDatabase(join(temporaryFolder(), 'keys.db'), KEY_SERVICE_MIGRATIONS);
    onTestFinished(() => database.close());
    const store = createSqlKeyStore(database);
    return { clock, store, server: () => createLimitCounter(store, clock) };
  }

  async function allowed(counter: ReturnType<typeof createLimitCounter>, limits: KeyLimits, times: number) {
    let count = 0;
    for (let i = 0; i < times; i++) if (!(await counter.take({ id: 'key_1', limits })).refusedBy) count++;
    return count;
  }

  it('allows exactly as many as each limit says, also when they come at once', async () => {
    const { clock, server } = await fresh();
    const counter = server();
    const limits = { rate: '10/min', quota: '25/day', uses: 40 };
    const taken = await Promise.all(Array.from({ length: 30 }, () => counter.take({ id: 'key_1', limits })));
    expect(taken.filter(({ refusedBy }) => refusedBy === undefined)).toHaveLength(10);
    clock.advance(MINUTE);
    expect(await allowed(counter, limits, 30)).toBe(10);
    clock.advance(MINUTE);
    expect(await allowed(counter, limits, 30)).toBe(5);
    expect((await counter.take({ id: 'key_1', limits })).refusedBy?.kind).toBe('quota');
    clock.advance(24 * 60 * MINUTE);
    expect(await allowed(counter, limits, 30)).toBe(10);
    clock.advance(MINUTE);
    expect(await allowed(counter, limits, 30)).toBe(5);
    expect((await counter.take({ id: 'key_1', limits })).refusedBy).toMatchObject({
      ...{ kind: 'uses', left: 0, resetSeconds: null },
    });
  });

  it('says what is left, and counts no refused use', async () => {
    const { server } = await fresh();
    const counter = server();
    const limits = { rate: '2/min', uses: 5 };
    const lefts = [];
    for (let i = 0; i < 4; i++)
      lefts.push((await counter.take({ id: 'key_1', limits })).states.map(({ left }) => left));
    expect(lefts).toEqual([
      [1, 4],
      [0, 3],
      [0, 3],
      [0, 3],
    ]);
    expect((await counter.take({ id: 'key_1', limits })).states[0]).toMatchObject({
      ...{ windowSeconds: 60, resetSeconds: 30 },
    });
  });

  it('reads a key once, not at each new window, and writes no window of a second', async () => {
    const { clock, store } = await fresh();
    let reads = 0;
    const counted: LimitCount[] = [];
    const counter = createLimitCounter(
      {
        async limitCounts(keyId) {
          reads++;
          return await store.limitCounts(keyId);
        },
        async addLimitCounts(counts) {
          counted.push(...counts);
          return await store.addLimitCounts(counts);
        },
      },
      clock,
    );
    const limits = { rate: '3/s', quota: '100/month' };
    for (let second = 0; second < 10; second++) {
      clock.advance(1_000);
      expect(await allowed(counter, limits, 5)).toBe(3);
    }
    expect(reads).toBe(1);
    await counter.flush();
    // A server counts the uses of this second for itself.
    expect(counted.map(({ kind, used }) => [kind, used])).toEqual([['quota', 30]]);
    expect(await allowed(counter, limits, 5)).toBe(0);
    expect(await allowed(counter, { quota: '100/month' }, 100)).toBe(70);
  });

  it('reads a window again that it had to forget', async () => {
    const { clock, store } = await fresh();
    // To the start of a minute, where a window that was never seen is not read.
    clock.advance(30_000);
    const counter = createLimitCounter(store, clock, new WindowCounts(store, clock, 2));
    const limits = { rate: '1/min', uses: 3 };
    const take = async (id: string) => (await counter.take({ id, limits })).refusedBy?.kind;
    const keys = ['key_a', 'key_b', 'key_c'];
    for (let minute = 0; minute < 3; minute++) {
      for (const key of keys) expect(await take(key)).toBeUndefined();
      await counter.flush();
      for (const key of keys) expect(await take(key)).toBe('rate');
      await counter.flush();
      clock.advance(MINUTE);
    }
    for (const key of keys) expect(await take(key)).toBe('uses');
  });

  it('counts on where a limit is raised, lifted or set again', async () => {
    const { server } = await fresh();
    const counter = server();
    expect(await allowed(counter, { uses: 2, quota: '3/month' }, 5)).toBe(2);
    expect(await allowed(counter, { uses: 4 }, 5)).toBe(2);
    expect(await allowed(counter, {}, 5)).toBe(5);
    await counter.flush();
    expect(await allowed(server(), { uses: 4 }, 1)).toBe(0);
    expect(await allowed(server(), { uses: 5 }, 5)).toBe(1);
    // Only uses under a limit of the same window count in it.
    expect(await allowed(counter, { quota: '3/month' }, 5)).toBe(1);
  });

  it('goes on where an earlier process stopped', async () => {
    const { server } = await fresh();
    const limits = { quota: '10/month', uses: 1_000 };
    const first = server();
    expect(await allowed(first, limits, 7)).toBe(7);
    await first.flush();
    expect(await allowed(server(), limits, 10)).toBe(3);
  });

  it('learns of another server with each write: until then each counts for itself', async () => {
    const { server } = await fresh();
    const limits = { quota: '10/month' };
    const [one, other] = [server(), server()];
    expect(await allowed(one, limits, 4)).toBe(4);
    expect(await allowed(other, limits, 4)).toBe(4);
    await one.flush();
    await other.flush();
    expect(await allowed(other, limits, 4)).toBe(2);
    await other.flush();
    // This one has not written since: it allows what it counts in that time, and no more once it has.
    expect(await allowed(one, limits, 1)).toBe(1);
    await one.flush();
    expect(await allowed(one, limits, 9)).toBe(0);
  });

  it('keeps what could not be written', async () => {
    const { store, clock } = await fresh();
    let broken = true;
    const counter = createLimitCounter(
      {
        ...store,
        addLimitCounts: async (counts) => {
          if (broken) throw new Error('no database');
          return await store.addLimitCounts(counts);
        },
      },
      clock,
    );
    const limits = { uses: 5 };
    expect(await allowed(counter, limits, 2)).toBe(2);
    await expect(counter.flush()).rejects.toThrow('no database');
    expect(await allowed(counter, limits, 1)).toBe(1);
    broken = false;
    await counter.flush();
    expect((await store.limitCounts('key_1')).map(({ used }) => used)).toEqual([3]);
  });
});

describe('over HTTP', () => {
  async function withKey(
    limits: KeyLimits,
    options: Parameters<typeof startTestService>[0] = {},
  ): Promise<{ service: TestService; id: string; secret: string }> {
    const service = await startTestService(options);
    const created = await testClient(service.url, service.managementKey).service.create(
      { name: 'web', limits },
      idempotent(),
    );
    expect(created.key.limits).toEqual(limits);
    return { service, id: created.key.id, secret: secretOf(created) };
  }

  const authorize = ({ url }: TestService, secret: string) =>
    rawRequest(`${url}/v1/authorize`, {
      headers: { authorization: `Bearer ${secret}`, 'user-agent': 'test' },
    });

  it('sends 429 with the time to wait, and goes on after it', async () => {
    const { service, secret } = await withKey({ rate: '2/h' });
    const first = await authorize(service, secret);
    expect(first.status).toBe(204);
    expect(first.headers['ratelimit-policy']).toBe('"rate";q=2;w=3600');
    expect(first.headers['ratelimit']).toMatch(/^"rate";r=1;t=\d+$/);
    expect((await authorize(service, secret)).status).toBe(204);
    const refused = await authorize(service, secret);
    expect([refused.status, JSON.parse(refused.body)]).toEqual([
      429,
      expect.objectContaining({
        code: 'rate_limited',
        details: { reason: 'rate_limited', limit: 2 },
      }),
    ]);
    const wait = Number(refused.headers['retry-after']);
    expect(wait).toBeGreaterThan(0);
    service.clock.advance(wait * 1000);
    expect((await authorize(service, secret)).status).toBe(204);
  });

  it('counts no use that the policy or a pause refuses', async () => {
    const { service, id, secret } = await withKey({ uses: 9 }, { policy: 'trust-swiftly' });
    for (let n = 0; n < 5; n++) expect((await authorize(service, secret)).status).toBe(204);
    expect((await authorize(service, secret)).headers['ratelimit']).toBeUndefined();
    const manager = testClient(service.url, service.managementKey).service;
    await manager.pause?.(id);
    service.clock.advance(1_000);
    expect((await authorize(service, secret)).status).toBe(401);
    await manager.unpause?.(id);
    expect((await authorize(service, secret)).headers['ratelimit']).toBe('"uses";r=3');
  });

  it('repeats the response of a create with its limits, and refuses other limits', async () => {
    const service = await startTestService();
    const manager = testClient(service.url, service.managementKey).service;
    const once = idempotent();
    const first = await manager.create({ name: 'web', limits: { uses: 2 } }, once);
    expect((await authorize(service, secretOf(first))).status).toBe(204);
    expect(await manager.create({ name: 'web', limits: { uses: 2 } }, once)).toEqual(first);
    expect((await authorize(service, secretOf(first))).headers['ratelimit']).toBe('"uses";r=0');
    await expect(manager.create({ name: 'web', limits: { uses: 3 } }, once)).rejects.toMatchObject({
      ...{ code: 'idempotency_mismatch' },
    });
  });

  it('sends 403 where no use is left, and keeps that over a restart', async () => {
    const { service, secret } = await withKey({ uses: 1 });
    expect((await authorize(service, secret)).status).toBe(204);
    await service.close();
    const again = await startTestService({ dataDir: service.dataDir, clock: service.clock });
    const refused = await authorize(again, secret);
    expect([refused.status, JSON.parse(refused.body).details]).toEqual([
      403,
      { reason: 'used_up', limit: 1 },
    ]);
    expect(refused.headers['ratelimit']).toBe('"uses";r=0');
    expect(refused.headers['retry-after']).toBeUndefined();
  });

  it('counts what keys:verify finds valid, and says the reason', async () => {
    const { service, id, secret } = await withKey({ quota: '1/year' });
    const manager = testClient(service.url, service.managementKey).service;
    expect(await manager.verify({ key: secret })).toMatchObject({ valid: true });
    expect(await manager.verify({ key: secret })).toMatchObject({ valid: false, reason: 'quota_exceeded' });
    expect((await authorize(service, secret)).status).toBe(429);
    expect((await manager.update(id, { limits: {} })).limits).toEqual({});
    expect(await manager.verify({ key: secret })).toMatchObject({ valid: true });
  });

  it('gives a successor the same limits, and none to what manages keys', async () => {
    const { service, id } = await withKey({ rate: '2/min', uses: 9 });
    const manager = testClient(service.url, service.managementKey).service;
    const rolled = await manager.roll(id, {}, idempotent());
    expect(rolled.key.limits).toEqual({ rate: '2/min', uses: 9 });
    await expect(
      manager.create({ name: 'admin', scopes: ['keys:read'], limits: { uses: 3 } }, idempotent()),
    ).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('cannot have them'),
    });
    await expect(
      manager.create({ name: 'odd', limits: { rate: '1/month' } }, idempotent()),
    ).rejects.toMatchObject({
      ...{ code: 'invalid_request' },
    });
  });
});
