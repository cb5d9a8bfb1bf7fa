import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OWNER } from '../../src/service/principal.js';
import { createKeyRules } from '../../src/service/rules.js';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { createSqlKeyStore } from '../../src/service/store/sql-key-store.js';
import { openPostgresDatabase } from '../../src/storage/sql/postgres-database.js';
import type { SqlDatabase } from '../../src/storage/sql/sql-database.js';
import { openSqliteDatabase } from '../../src/storage/sql/sqlite-database.js';
import { idempotent, secretOf } from '../contract/key-service.js';
import { startTestService } from '../support/key-service-server.js';
import { testPostgres } from '../support/postgres.js';
import { isoSeconds, settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { testClient } from '../support/test-client.js';

const { all } = await testPostgres();

const databases: Array<readonly [name: string, open: () => Promise<SqlDatabase>]> = [
  ['SQLite', () => openSqliteDatabase(join(temporaryFolder(), 'keys.db'), KEY_SERVICE_MIGRATIONS)],
  ...all.map((server) => {
    const open = async () =>
      openPostgresDatabase(await server.freshAddress(), KEY_SERVICE_MIGRATIONS, { env: {} });
    return [server.name, open] as const;
  }),
];

async function over(open: () => Promise<SqlDatabase>) {
  const [database, clock] = [await open(), settableClock()];
  onTestFinished(() => database.close());
  const service = createKeyRules(createSqlKeyStore(database), clock).as(OWNER);
  const everything = async () => {
    const rows = async (table: string) => await database.all(`SELECT * FROM ${table} ORDER BY 1`);
    return JSON.stringify([await rows('api_keys'), await rows('one_time_answers')]);
  };
  return { database, clock, service, everything };
}

describe.each(databases)('the audit trail in %s', (_, open) => {
  it('is never without the change, nor the change without it', async () => {
    const { database, service, everything } = await over(open);
    const { key } = await service.create({ name: 'ci' }, idempotent());
    const before = await everything();
    await database.run('ALTER TABLE key_events RENAME TO elsewhere');
    await expect(service.create({ name: 'x' }, idempotent())).rejects.toThrow();
    await expect(service.update(key.id, { name: 'x' })).rejects.toThrow();
    await expect(service.roll(key.id, {}, idempotent())).rejects.toThrow();
    await expect(service.revoke(key.id)).rejects.toThrow();
    expect(await everything()).toBe(before);
    await database.run('ALTER TABLE elsewhere RENAME TO key_events');
    expect((await service.events({})).events.map(({ action }) => action)).toEqual(['created']);
  });

  it('cannot be changed or shortened', async () => {
    const { database, service } = await over(open);
    await service.create({ name: 'ci' }, idempotent());
    const before = await service.events({});
    await expect(database.run("UPDATE key_events SET actor = 'nobody'")).rejects.toThrow();
    await expect(database.run('DELETE FROM key_events')).rejects.toThrow();
    const forged = "SELECT id, at, 'nobody', action, key_id, details FROM key_events";
    const attempts = [
      `REPLACE INTO key_events ${forged}`,
      `INSERT OR REPLACE INTO key_events ${forged}`,
      `INSERT INTO key_events ${forged} WHERE true ON CONFLICT (id) DO UPDATE SET actor = excluded.actor`,
      'TRUNCATE key_events',
      'TRUNCATE key_events CASCADE',
    ];
    // Each is refused, or is not in the dialect, or is passed over.
    for (const sql of attempts) await database.run(sql).catch(() => undefined);
    expect(await service.events({})).toEqual(before);
  });

  it('holds no secret, and of metadata only names', async () => {
    const { database, service } = await over(open);
    const created = await service.create({ name: 'ci', metadata: { note: 'private words' } }, idempotent());
    await service.update(created.key.id, { metadata: { note: 'other words' } });
    const rolled = await service.roll(created.key.id, {}, idempotent());
    const text = JSON.stringify(await database.all('SELECT * FROM key_events'));
    for (const secret of [secretOf(created), secretOf(rolled)]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(secret.slice(8, 20));
    }
    expect(text).not.toContain('words');
    expect(text).toContain('note');
  });

  it('has one event of a create that is repeated, and of two rolls at once', async () => {
    const { service } = await over(open);
    const once = idempotent();
    const [{ key }] = await Promise.all([
      service.create({ name: 'ci' }, once),
      service.create({ name: 'ci' }, once),
    ]);
    await Promise.allSettled([
      service.roll(key.id, {}, idempotent()),
      service.roll(key.id, {}, idempotent()),
    ]);
    const { events } = await service.events({});
    expect(events.map(({ action }) => action)).toEqual(['created', 'rolled', 'created']);
  });
});

it('names the key that asked, over HTTP, and what became of each', async () => {
  const server = await startTestService();
  const { service: manager } = testClient(server.url, server.managementKey);
  const me = await manager.whoami();
  const second = await manager.create({ name: 'second', scopes: ['keys:read', 'keys:write'] }, idempotent());
  const { service: other } = testClient(server.url, secretOf(second));
  server.clock.advance(1_000);
  const { key } = await manager.create({ name: 'ci' }, idempotent());
  const created = isoSeconds(server.clock.now());
  server.clock.advance(1_000);
  const changed = isoSeconds(server.clock.now());
  await other.update(key.id, { name: 'renamed' });
  const rolled = await other.roll(key.id, {}, idempotent());
  await manager.revoke(key.id);
  const { events, next_cursor } = await manager.events({ key_id: key.id });
  expect(next_cursor).toBeNull();
  const changes = events.filter(({ action }) => action !== 'new_address');
  expect(changes.map(({ at, actor, action, details }) => [at, actor, action, details])).toEqual([
    [changed, me?.id, 'revoked', {}],
    [changed, second.key.id, 'rolled', { rolled_to: rolled.key.id, expires_at: rolled.previous.expires_at }],
    [changed, second.key.id, 'updated', { name: 'renamed' }],
    [created, me?.id, 'created', { name: 'ci', scopes: [] }],
  ]);
  const first = (await manager.events({ key_id: me?.id ?? '' })).events.at(-1);
  expect(first).toMatchObject({ actor: 'owner', action: 'created' });
  // Written off the path of requests: the first uses of the two keys that asked.
  const noticed = async () =>
    (await manager.events({})).events.filter(({ action }) => action === 'new_address').length;
  await expect.poll(noticed).toBe(2);
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof manager.events>> = await manager.events({
      limit: 2,
      ...(cursor ? { cursor } : {}),
    });
    seen.push(...page.events.map(({ id }) => id));
    cursor = page.next_cursor;
  } while (cursor !== null);
  expect(seen).toEqual((await manager.events({})).events.map(({ id }) => id));
  expect(new Set(seen).size).toBe(9);
});
