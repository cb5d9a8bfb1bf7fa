import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { KeysError } from '../../src/domain/errors.js';
import { dayOf } from '../../src/service/store/key-days.js';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { createSqlKeyStore } from '../../src/service/store/sql-key-store.js';
import { openPostgresDatabase } from '../../src/storage/sql/postgres-database.js';
import type { SqlDatabase } from '../../src/storage/sql/sql-database.js';
import { openSqliteDatabase } from '../../src/storage/sql/sqlite-database.js';
import { idempotent, secretOf } from '../contract/key-service.js';
import { type Damage, damageColumns, damageMembers } from '../support/damages.js';
import { startTestService } from '../support/key-service-server.js';
import { testPostgres } from '../support/postgres.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { testClient } from '../support/test-client.js';

const { all } = await testPostgres();
const STORES = [
  ['SQLite', async () => undefined],
  ...all.map((server) => [server.name, () => server.freshAddress()] as const),
] as ReadonlyArray<readonly [name: string, fresh: () => Promise<string | undefined>]>;

/** The tables of the key service whose rows are read back, with their primary keys. */
const TABLES = {
  api_keys: ['id'],
  one_time_answers: ['digest'],
  service_settings: ['name'],
  key_days: ['key_id', 'day'],
  key_limit_counts: ['key_id', 'kind', 'window_start', 'window_end'],
};
const RESTRICTIONS = { ips: ['127.0.0.1'], referrers: ['https://a.example/*'], endpoints: ['GET /a'] };

/** A service with two keys: one that is damaged later, with a value in each column, and another one. */
async function used(fresh: () => Promise<string | undefined>) {
  const address = await fresh();
  const dataDir = temporaryFolder();
  const service = await startTestService({ ...(address === undefined ? {} : { address }), dataDir });
  const { service: owner } = testClient(service.url, service.managementKey);
  const limits = { rate: '100/min', quota: '1000/day', uses: 5 };
  const once = idempotent();
  const rights = { scopes: ['invoices:read'], restrictions: RESTRICTIONS, limits, owner: 'team' };
  const request = {
    name: 'damaged',
    ...rights,
    service: 'web',
    metadata: { a: 'b' },
    expires_at: '2126-01-01T00:00:00Z',
  };
  const damaged = await owner.create(request, once);
  const sound = await owner.create({ name: 'sound', scopes: ['invoices:read'] }, idempotent());
  const open = (): Promise<SqlDatabase> =>
    address === undefined
      ? openSqliteDatabase(join(dataDir, 'keys.db'), KEY_SERVICE_MIGRATIONS)
      : openPostgresDatabase(address, KEY_SERVICE_MIGRATIONS, { env: {} });
  const database = await open();
  onTestFinished(() => database.close());
  return { service, owner, damaged, sound, database, request, once };
}

/** Everything that the service reads back of its tables. */
async function readAll(database: SqlDatabase): Promise<void> {
  const store = createSqlKeyStore(database);
  const [keys, answers, settings] = await Promise.all([
    database.all('SELECT id, digest FROM api_keys'),
    database.all('SELECT digest FROM one_time_answers'),
    database.all('SELECT name FROM service_settings'),
  ]);
  await store.page({ limit: 100 }, 0);
  for (const { id, digest } of keys) {
    await store.checkedByDigest(String(digest));
    await store.usage(String(id), 0);
    await store.limitCounts(String(id));
  }
  for (const { digest } of answers) await store.response(String(digest));
  for (const { name } of settings) await store.setting(String(name));
}

/** Null where all could be read. */
async function found(database: SqlDatabase, { table, column, what }: Damage): Promise<KeysError | null> {
  try {
    await readAll(database);
    return null;
  } catch (error) {
    const about = `${table}.${column}: ${what}: ${error}`;
    expect(error, about).toBeInstanceOf(KeysError);
    expect(error, about).toMatchObject({ code: 'database_damaged' });
    if (!what.includes('exact')) expect(error, about).toMatchObject({ details: { table } });
    return error as KeysError;
  }
}

it.each(STORES)('names the row for each column that is damaged, in %s', async (name, fresh) => {
  const few = name !== 'SQLite';
  const { database, damaged } = await used(fresh);
  const { id } = damaged.key;
  const store = createSqlKeyStore(database);
  await store.recordActivity(dayOf(Date.now()), new Map([[id, { uses: 1, refusals: 0 }]]), []);
  await store.addLimitCounts([{ key_id: id, kind: 'uses', start: 0, end: 0, used: 1 }]);
  const accepted: string[] = [];
  const look = async (damage: Damage) => {
    const error = await found(database, damage);
    if (error === null) accepted.push(`${damage.table}.${damage.column}: ${damage.what}`);
  };
  const count = await damageColumns(database, TABLES, look, { few });
  expect(count).toBeGreaterThan(few ? 40 : 150);
  const json = accepted.filter((text) => /^api_keys\.(scopes|restrictions|limits|metadata):/.test(text));
  // Three of the four are objects, and may be empty.
  const right = ['limits', 'metadata', 'restrictions'].map((column) => `api_keys.${column}: an empty object`);
  expect(json.sort()).toEqual(few ? [] : right);
  const times = accepted.filter((text) => /_at: (bytes|cut JSON|an empty text|a fraction)$/.test(text));
  expect(times.filter((text) => !text.includes('spent_at'))).toEqual([]);
  await readAll(database);
});

it.each(STORES)('takes no rights, limits or notes of another shape, in %s', async (_, fresh) => {
  const { database } = await used(fresh);
  let [count, refused] = [0, 0];
  for (const column of ['scopes', 'restrictions', 'limits', 'metadata']) {
    count += await damageMembers(database, { table: 'api_keys', key: ['id'], column }, async (damage) => {
      const error = await found(database, damage);
      if (error !== null) refused++;
      else expect(damage.what, column).toMatch(/"x"|\[\]|is gone|uses: 5/);
    });
  }
  expect(count).toBeGreaterThan(50);
  expect(refused).toBeGreaterThan(count / 2);
});

it.each(STORES)(
  'lets a damaged key in nowhere, serves the others, and logs the row, in %s',
  async (_, fresh) => {
    const { service, owner, damaged, sound, database, request, once } = await used(fresh);
    const { id } = damaged.key;
    const authorize = async (secret: string) => {
      const headers = {
        authorization: `Bearer ${secret}`,
        'x-forwarded-uri': '/a',
        'x-forwarded-method': 'GET',
      };
      const response = await fetch(`${service.url}/v1/authorize`, { headers });
      return { status: response.status, body: await response.text() };
    };
    const damages: ReadonlyArray<readonly [column: string, value: string | number]> = [
      ['restrictions', 'null'],
      ['restrictions', '{"ips":"127.0.0.1"}'],
      ['scopes', '"keys:read keys:write"'],
      ['limits', '{"uses":"many"}'],
    ];
    for (const [column, value] of damages) {
      const [before] = await database.all(`SELECT ${column} FROM api_keys WHERE id = ?`, [id]);
      await database.run(`UPDATE api_keys SET ${column} = ? WHERE id = ?`, [value, id]);
      const { status, body } = await authorize(secretOf(damaged));
      expect({ status, body }, column).toMatchObject({ status: 500 });
      expect(body).not.toMatch(/damaged|api_keys|SQL/);
      expect(
        service.log.filter((line) => line.includes(`api_keys ${id}: ${column}`)),
        column,
      ).not.toEqual([]);
      expect((await authorize(secretOf(sound))).status).toBe(204);
      // It can be stopped only once it is repaired; nothing else waits for that.
      await expect(owner.get(id)).rejects.toMatchObject({ code: 'internal' });
      await owner.get(sound.key.id);
      await database.run(`UPDATE api_keys SET ${column} = ? WHERE id = ?`, [before?.[column] ?? null, id]);
    }
    await database.run("UPDATE one_time_answers SET sealed = 'AAAA' WHERE key_id = ?", [id]);
    await expect(owner.create(request, once)).rejects.toMatchObject({ code: 'internal' });
    expect(service.log.join('\n')).toContain('sealed cannot be decrypted');
  },
);
