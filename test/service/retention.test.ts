import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OWNER } from '../../src/service/principal.js';
import { applyRetention } from '../../src/service/retention.js';
import { createKeyRules } from '../../src/service/rules.js';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { createSqlKeyStore } from '../../src/service/store/sql-key-store.js';
import { openPostgresDatabase } from '../../src/storage/sql/postgres-database.js';
import type { SqlDatabase } from '../../src/storage/sql/sql-database.js';
import { openSqliteDatabase } from '../../src/storage/sql/sqlite-database.js';
import { codeOf, idempotent } from '../contract/key-service.js';
import { testPostgres } from '../support/postgres.js';
import { DAY, settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const { all } = await testPostgres();
const databases: Array<readonly [name: string, open: () => Promise<SqlDatabase>]> = [
  ['SQLite', () => openSqliteDatabase(join(temporaryFolder(), 'keys.db'), KEY_SERVICE_MIGRATIONS)],
  ...all.map((server) => {
    const open = async () =>
      openPostgresDatabase(await server.freshAddress(), KEY_SERVICE_MIGRATIONS, { env: {} });
    return [server.name, open] as const;
  }),
];

describe.each(databases)('retention over %s', (_, open) => {
  it('deletes what is over for as long as was said, and nothing else', async () => {
    const [database, clock] = [await open(), settableClock()];
    onTestFinished(() => database.close());
    const store = createSqlKeyStore(database);
    const rules = createKeyRules(store, clock).as(OWNER);
    const create = async (name: string, more = {}) =>
      (await rules.create({ name, ...more }, idempotent())).key.id;
    const names = async () => (await rules.list({})).keys.map(({ name }) => name).sort();
    const purge = () => applyRetention(store, clock, { endedMs: 10 * DAY, eventsMs: 10 * DAY });
    const end = new Date(clock.now() + DAY).toISOString();
    await create('active');
    await create('expired', { expires_at: end });
    await rules.revoke(await create('revoked'));
    await rules.revoke(await create('manager', { scopes: ['keys:write'] }), { force: true });
    await store.recordActivity(
      Math.floor(clock.now() / DAY),
      new Map([['key_x', { uses: 1, refusals: 0 }]]),
      [],
    );
    clock.advance(9 * DAY);
    await purge();
    expect(await names()).toEqual(['active', 'expired', 'manager', 'revoked']);
    expect((await rules.events({})).events).toHaveLength(6);
    clock.advance(3 * DAY);
    await create('new');
    await purge();
    expect(await names()).toEqual(['active', 'manager', 'new']);
    expect((await rules.events({})).events).toMatchObject([{ details: { name: 'new' } }]);
    expect(await store.usage('key_x', 0)).toEqual([]);
    // What is younger is still append-only.
    await expect(database.run('DELETE FROM key_events')).rejects.toThrow();
  });

  it('keeps the digest of a response for as long as a repeat may come', async () => {
    const [database, clock] = [await open(), settableClock()];
    onTestFinished(() => database.close());
    const store = createSqlKeyStore(database);
    const rules = createKeyRules(store, clock).as(OWNER);
    const [arrived, lost] = [idempotent(), idempotent()];
    const { key } = await rules.create({ name: 'a' }, arrived);
    await rules.acknowledge(key.id, arrived);
    await rules.create({ name: 'b' }, lost);
    const rows = async () => (await database.all('SELECT digest FROM one_time_answers')).length;
    const daysLater = async (days: number) => {
      clock.advance(days * DAY);
      await store.dropSealedBefore(clock.now() - DAY);
      await applyRetention(store, clock, {});
      return await rows();
    };
    expect([await daysLater(0.9), await daysLater(0.2), await daysLater(20)]).toEqual([2, 1, 1]);
    expect(await codeOf(rules.create({ name: 'b' }, lost))).toBe('response_gone');
    expect(await daysLater(10)).toBe(0);
  });
});

it('keeps the size of a database flat', async () => {
  const [path, clock] = [join(temporaryFolder(), 'keys.db'), settableClock()];
  const database = await openSqliteDatabase(path, KEY_SERVICE_MIGRATIONS);
  onTestFinished(() => database.close());
  const store = createSqlKeyStore(database);
  const rules = createKeyRules(store, clock).as(OWNER);
  const sizes: number[] = [];
  for (let day = 0; day < 30; day++) {
    // At once, so that they share their commits.
    const created = await Promise.all(
      Array.from({ length: 60 }, () => rules.create({ name: 'daily' }, idempotent())),
    );
    await Promise.all(created.map(({ key }) => rules.revoke(key.id)));
    clock.advance(DAY);
    await applyRetention(store, clock, { endedMs: 5 * DAY, eventsMs: 5 * DAY });
    await store.eraseDropped();
    sizes.push(statSync(path).size);
  }
  expect(sizes[29]).toBeLessThanOrEqual((sizes[12] ?? 0) * 1.1);
});
