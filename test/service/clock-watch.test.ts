import { expect, it, onTestFinished } from 'vitest';
import { createClockWatch } from '../../src/service/clock-watch.js';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { openPostgresDatabase } from '../../src/storage/sql/postgres-database.js';
import { testPostgres } from '../support/postgres.js';

const { own } = await testPostgres({ onTestClock: true });

it.skipIf(own === null)('says once that the clock of a server differs from that of PostgreSQL', async () => {
  const address = (await own?.freshAddress()) ?? '';
  const database = await openPostgresDatabase(address, KEY_SERVICE_MIGRATIONS, { env: {}, connections: 2 });
  onTestFinished(() => database.close());
  const log: string[] = [];
  let ahead = 0;
  const clock = { now: () => Date.now() + ahead };
  const watch = createClockWatch(database, clock, (line) => log.push(line));
  await watch.look();
  expect(log).toEqual([]);
  ahead = 3_600_000;
  await watch.look();
  await watch.look();
  expect(log).toHaveLength(1);
  expect(log[0]).toMatch(/the clock of this server is 3[56]\d\d\.\d s ahead of the database's/);
  expect(Number(/^keys_clock_skew_seconds (\S+)$/m.exec(watch.text())?.[1])).toBeGreaterThan(3_000);
  ahead = -3_600_000;
  await watch.look();
  ahead = 0;
  await watch.look();
  expect([log.length, watch.text()]).toEqual([1, expect.stringContaining('keys_clock_skew_seconds')]);
});
