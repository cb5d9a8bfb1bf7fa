import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createKeyActivity } from '../../src/service/activity.js';
import { createMetrics } from '../../src/service/http/metrics.js';
import { OWNER } from '../../src/service/principal.js';
import { createKeyRules } from '../../src/service/rules.js';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { createSqlKeyStore } from '../../src/service/store/sql-key-store.js';
import { openSqliteDatabase } from '../../src/storage/sql/sqlite-database.js';
import { idempotent, secretOf } from '../contract/key-service.js';
import { startTestService } from '../support/key-service-server.js';
import { rawRequest } from '../support/raw-request.js';
import { DAY, settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { testClient } from '../support/test-client.js';

async function fresh() {
  const clock = settableClock();
  const database = await openSqliteDatabase(join(temporaryFolder(), 'keys.db'), KEY_SERVICE_MIGRATIONS);
  onTestFinished(() => database.close());
  const store = createSqlKeyStore(database);
  const rules = createKeyRules(store, clock).as(OWNER);
  const metrics = createMetrics();
  const activity = createKeyActivity(store, clock, metrics);
  const key = async (environment = 'live', type: 'secret' | 'public' = 'secret') => {
    const { key } = await rules.create({ name: 'web', environment, type }, idempotent());
    const row = await store.byId(key.id);
    if (row === null) throw new Error('the key is not there');
    return row;
  };
  const noticed = async (id: string) =>
    (await rules.events({ key_id: id })).events
      .filter(({ action }) => action === 'new_address' || action === 'refused')
      .map(({ action, details }) => [action, details]);
  return { clock, store, rules, metrics, activity, key, noticed };
}

describe('what happens to keys', () => {
  it('is counted by key and day', async () => {
    const { clock, rules, activity, key } = await fresh();
    const [one, other] = [await key(), await key()];
    for (let i = 0; i < 3; i++) activity.used(one, '192.0.2.1');
    activity.refused(one, 'scope_missing');
    await activity.flush();
    activity.used(one, '192.0.2.1');
    clock.advance(DAY);
    activity.used(one, '192.0.2.1');
    activity.used(other, '192.0.2.1');
    await activity.flush();
    const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
    expect(await rules.usage(one.id)).toEqual([
      { day: day(clock.now()), uses: 1, refusals: 0, new_addresses: 0 },
      { day: day(clock.now() - DAY), uses: 4, refusals: 1, new_addresses: 1 },
    ]);
    expect(await rules.usage(one.id, 1)).toHaveLength(1);
    expect(await rules.usage(other.id)).toHaveLength(1);
    await expect(rules.usage('key_none')).rejects.toThrow('no such key');
  });

  it('is an event of a live key once: an address of its own, a reason of the day', async () => {
    const { clock, store, metrics, activity, key, noticed } = await fresh();
    const live = await key();
    const twice = createKeyActivity(store, clock, createMetrics());
    for (const server of [activity, twice, activity]) {
      server.used(live, '192.0.2.1');
      server.used(live, '2001:db8::1');
      server.used(live, '2001:db8::2');
      server.refused(live, 'ip_not_allowed');
      await server.flush();
    }
    expect(await noticed(live.id)).toHaveLength(3);
    expect(await noticed(live.id)).toEqual(
      expect.arrayContaining([
        ['new_address', { address: '192.0.2.1' }],
        ['new_address', { address: '2001:db8::/64' }],
        ['refused', { reason: 'ip_not_allowed' }],
      ]),
    );
    clock.advance(DAY);
    activity.refused(live, 'ip_not_allowed');
    await activity.flush();
    expect(await noticed(live.id)).toHaveLength(4);
    expect(metrics.text()).toContain('keys_new_addresses_total{environment="live"} 2');
    expect(metrics.text()).toContain('keys_known_key_refusals_total{environment="live"} 3');
  });

  it('is no event of a test key but where live ones are meant, nor an address of a public key, and not endless', async () => {
    const { activity, key, noticed } = await fresh();
    const [test, open, live] = [await key('test'), await key('live', 'public'), await key()];
    for (let i = 0; i < 200; i++) for (const one of [test, open, live]) activity.used(one, `10.0.0.${i}`);
    activity.refused(test, 'revoked');
    await activity.flush();
    expect([await noticed(test.id), await noticed(open.id)]).toEqual([[], []]);
    for (let i = 0; i < 3; i++) activity.refused(test, 'wrong_environment');
    await activity.flush();
    expect(await noticed(test.id)).toEqual([['refused', { reason: 'wrong_environment' }]]);
    expect(await noticed(live.id)).toHaveLength(50);
  });

  it('is kept for the next time where it cannot be written', async () => {
    const { clock, store, rules, key } = await fresh();
    let broken = true;
    const failing: Pick<typeof store, 'recordActivity'> = {
      recordActivity: (...batch) =>
        broken ? Promise.reject(new Error('gone')) : store.recordActivity(...batch),
    };
    const activity = createKeyActivity(failing, clock, createMetrics());
    const live = await key();
    activity.used(live, '192.0.2.1');
    await expect(activity.flush()).rejects.toThrow('gone');
    activity.used(live, '192.0.2.1');
    broken = false;
    await activity.flush();
    expect(await rules.usage(live.id)).toMatchObject([{ uses: 2 }]);
    await activity.flush();
    expect(await rules.usage(live.id)).toMatchObject([{ uses: 2 }]);
  });
});

it('is reported over HTTP', async () => {
  const service = await startTestService();
  const manager = testClient(service.url, service.managementKey).service;
  const created = await manager.create({ name: 'web' }, idempotent());
  const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
  await rawRequest(`${service.url}/v1/authorize`, bearer(secretOf(created)));
  await rawRequest(`${service.url}/v1/authorize?scope=a:b`, bearer(secretOf(created)));
  const usage = async () =>
    (
      await rawRequest(
        `${service.url}/v1/api-keys/${created.key.id}/usage?days=2`,
        bearer(service.managementKey),
      )
    ).body;
  await expect.poll(usage).toContain('"refusals":1');
  expect(JSON.parse(await usage()).data).toEqual([
    { day: expect.any(String), uses: 1, refusals: 1, new_addresses: 1 },
  ]);
});
