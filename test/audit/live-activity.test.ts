import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Finding } from '../../src/audit/finding.js';
import { readLiveActivity } from '../../src/audit/live-activity.js';
import { KeysError } from '../../src/domain/errors.js';
import type { KeyService } from '../../src/domain/key-service.js';
import { createKeyActivity } from '../../src/service/activity.js';
import { createMetrics } from '../../src/service/http/metrics.js';
import { OWNER } from '../../src/service/principal.js';
import { createKeyRules } from '../../src/service/rules.js';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { createSqlKeyStore } from '../../src/service/store/sql-key-store.js';
import { openSqliteDatabase } from '../../src/storage/sql/sqlite-database.js';
import { idempotent } from '../contract/key-service.js';
import { startTestService } from '../support/key-service-server.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { DAY, settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';

async function service() {
  const clock = settableClock();
  const database = await openSqliteDatabase(join(temporaryFolder(), 'keys.db'), KEY_SERVICE_MIGRATIONS);
  onTestFinished(() => database.close());
  const store = createSqlKeyStore(database);
  const rules = createKeyRules(store, clock).as(OWNER);
  const activity = createKeyActivity(store, clock, createMetrics());
  const live = async () => {
    const { key } = await rules.create({ name: 'web', environment: 'live' }, idempotent());
    const row = await store.byId(key.id);
    if (row === null) throw new Error('the key is not there');
    return { key, row };
  };
  return { clock, rules, activity, live };
}

it('tells refusals and new addresses of the last seven days, from the counts of the service', async () => {
  const { clock, rules, activity, live } = await service();
  const [web, quiet] = [await live(), await live()];
  activity.used(web.row, '192.0.2.1');
  activity.refused(web.row, 'expired');
  await activity.flush();
  const read = async () => {
    const activityOf = await readLiveActivity(rules, clock.now());
    return [await activityOf(web.key), await activityOf(quiet.key)];
  };
  const nothing = { refusals: 0, reasons: [], newAddresses: [] };
  expect(await read()).toEqual([{ ...nothing, refusals: 1, reasons: ['expired'] }, nothing]);
  clock.advance(8 * DAY);
  expect(await read()).toEqual([nothing, nothing]);
  activity.used(web.row, '192.0.2.1');
  activity.used(web.row, '198.51.100.7');
  for (let i = 0; i < 3; i++) activity.refused(web.row, 'ip_not_allowed');
  await activity.flush();
  expect(await read()).toEqual([
    { refusals: 3, reasons: ['ip_not_allowed'], newAddresses: ['198.51.100.7'] },
    nothing,
  ]);
});

it('cannot tell where the service does not count, has no audit trail or does not let it be read', async () => {
  const { clock, rules, live } = await service();
  const { key } = await live();
  const refusing = (code: 'forbidden' | 'unsupported') => async () => {
    throw new KeysError(code, 'no');
  };
  const { usage: _, ...uncounted } = rules;
  const others: Array<Pick<KeyService, 'events' | 'usage'>> = [
    uncounted,
    { ...rules, events: refusing('unsupported') },
    { ...rules, events: refusing('forbidden') },
  ];
  for (const other of others) expect(await (await readLiveActivity(other, clock.now()))(key)).toBeNull();
});

it('audit finds a revoked key with requests after its end', async () => {
  const { url, managementKey } = await startTestService({});
  const keys = await keysInProcess({ KEYS_BASE_URL: url, KEYS_API_KEY: managementKey });
  onTestFinished(() => keys.remove());
  for (const name of ['quiet', 'stolen']) {
    const secret = (await keys.run(['create', name, '--raw'])).stdout.trim();
    await keys.run(['revoke', name, '--yes']);
    if (name === 'stolen')
      await fetch(`${url}/v1/authorize`, { headers: { authorization: `Bearer ${secret}` } });
  }
  const found = async () => {
    const { findings } = JSON.parse((await keys.run(['audit', '--json'])).stdout);
    return findings.map(({ rule, key }: Finding) => `${rule} ${key?.name}`);
  };
  await expect.poll(found, { timeout: 60_000 }).toContain('live-key-refused stolen');
  expect((await found()).filter((line: string) => /quiet|stolen/.test(line))).toEqual([
    'live-key-refused stolen',
  ]);
});
