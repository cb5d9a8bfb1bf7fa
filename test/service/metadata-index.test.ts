import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OWNER } from '../../src/service/principal.js';
import { createKeyRules, type KeyRules } from '../../src/service/rules.js';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { createSqlKeyStore } from '../../src/service/store/sql-key-store.js';
import { openPostgresDatabase } from '../../src/storage/sql/postgres-database.js';
import type { SqlDatabase, SqlValue } from '../../src/storage/sql/sql-database.js';
import { openSqliteDatabase } from '../../src/storage/sql/sqlite-database.js';
import { codeOf, idempotent } from '../contract/key-service.js';
import { testPostgres } from '../support/postgres.js';
import { settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';

type Migrations = typeof KEY_SERVICE_MIGRATIONS;

/** The tables as they were before metadata had an index. */
const BEFORE = KEY_SERVICE_MIGRATIONS.slice(0, 13);

const { all } = await testPostgres();

interface Place {
  open(migrations: Migrations): Promise<SqlDatabase>;
  /** The same in a program of its own: the text of the call that opens it. */
  readonly opening: string;
}

const dist = (name: string) => JSON.stringify(new URL(`../../dist/${name}`, import.meta.url).href);

function closed(opening: Promise<SqlDatabase>): Promise<SqlDatabase> {
  onTestFinished(() =>
    opening.then(
      (database) => database.close(),
      () => undefined,
    ),
  );
  return opening;
}

const places: Array<readonly [name: string, place: () => Promise<Place>]> = [
  [
    'SQLite',
    async () => {
      const path = join(temporaryFolder(), 'keys.db');
      return {
        open: (migrations) => closed(openSqliteDatabase(path, migrations)),
        opening: `(await import(${dist('storage/sql/sqlite-database.js')}))
          .openSqliteDatabase(${JSON.stringify(path)}, migrations)`,
      };
    },
  ],
  ...all.map((server) => {
    const place = async () => {
      const address = await server.freshAddress();
      return {
        // Ten thousand rows in one statement take a busy machine longer than a request may.
        open: (migrations: Migrations) =>
          closed(openPostgresDatabase(address, migrations, { env: {}, patient: true })),
        opening: `(await import(${dist('storage/sql/postgres-database.js')}))
          .openPostgresDatabase(${JSON.stringify(address)}, migrations, { env: {} })`,
      };
    };
    return [server.name, place] as const;
  }),
];

const rulesOver = (database: SqlDatabase) =>
  createKeyRules(createSqlKeyStore(database), settableClock()).as(OWNER);
type Rules = ReturnType<KeyRules['as']>;

async function create(rules: Rules, name: string, metadata: Record<string, string>): Promise<string> {
  return (await rules.create({ name, metadata }, idempotent())).key.id;
}

async function named(rules: Rules, metadata: string): Promise<string[]> {
  return (await rules.list({ metadata })).keys.map(({ name }) => name).sort();
}

const LONG = 'x'.repeat(900);
/** Metadata that is easily taken for something else, and the filters that find it. */
const ODD = {
  quotes: [{ team: 'a "b" \\ c', '"': '":"' }, 'team=a "b" \\ c'],
  control: [{ team: 'a\u0000b\u0001\n', '\u0000': 'c' }, 'team=a\u0000b\u0001\n'],
  half: [{ team: '\ud83d', other: 'web' }, 'team=\ud83d'],
  emoji: [{ 'ключ 🔑': '鍵 🗝️' }, 'ключ 🔑=鍵 🗝️'],
  long: [{ team: `${LONG}1` }, `team=${LONG}1`],
  longer: [{ team: `${LONG}2` }, `team=${LONG}2`],
  equals: [{ 'a=b': 'c', a: 'b=d' }, 'a=b=d'],
  empty: [{ team: '' }, 'team='],
} as const satisfies Record<string, readonly [Record<string, string>, string]>;

describe.each(places)('the index of metadata over %s', (_, place) => {
  it('has the keys from before it, and what a server of the version before does beside it', async () => {
    const { open } = await place();
    const old = rulesOver(await open(BEFORE));
    // The SQL of that version, which read every row, is not tried here: only what it writes.
    for (const [name, [metadata]] of Object.entries(ODD)) await create(old, name, metadata);
    const changing = await create(old, 'changing', { team: 'web', floor: '1' });
    const rules = rulesOver(await open(KEY_SERVICE_MIGRATIONS));
    for (const [name, [, filter]] of Object.entries(ODD))
      expect(await named(rules, filter), name).toEqual([name]);
    const meanwhile = await create(old, 'meanwhile', { team: 'web' });
    expect(await named(rules, 'team=web')).toEqual(['changing', 'meanwhile']);
    await old.update(changing, { metadata: { team: 'shop', floor: '1' } });
    expect([await named(rules, 'team=web'), await named(rules, 'team=shop')]).toEqual([
      ['meanwhile'],
      ['changing'],
    ]);
    await old.revoke(meanwhile);
    const list = async (status: 'active' | 'revoked') =>
      (await rules.list({ metadata: 'team=web', status: [status] })).keys.map(({ name }) => name);
    expect([await list('active'), await list('revoked')]).toEqual([[], ['meanwhile']]);
    expect(await codeOf(open(BEFORE))).toBe('database_newer');
  });

  it('keeps nothing of a key that was deleted', async () => {
    const { open } = await place();
    const database = await open(KEY_SERVICE_MIGRATIONS);
    for (const [name, [metadata]] of Object.entries(ODD)) await create(rulesOver(database), name, metadata);
    expect((await database.all('SELECT pair FROM key_metadata')).length).toBeGreaterThan(8);
    await database.run('DELETE FROM api_keys');
    expect(await database.all('SELECT pair FROM key_metadata')).toEqual([]);
  });

  it('is made at the next start if the program is killed while it makes it', async () => {
    const { open, opening } = await place();
    await create(rulesOver(await open(BEFORE)), 'kept', { team: 'web' });
    const program = `
      import { KEY_SERVICE_MIGRATIONS } from ${dist('service/store/migrations.js')};
      const end = () => process.kill(process.pid, 'SIGKILL');
      const migrations = [...KEY_SERVICE_MIGRATIONS, [{ get sqlite() { end(); }, get postgres() { end(); } }]];
      await ${opening};
      await new Promise(() => {});`;
    const ended = await execa(process.execPath, ['--input-type=module', '--eval', program], {
      reject: false,
    });
    expect(ended.signal, ended.stderr).toBe('SIGKILL');
    const before = await open(BEFORE);
    await expect(before.all('SELECT pair FROM key_metadata')).rejects.toMatchObject({
      code: 'database_damaged',
      cause: { message: expect.stringContaining('key_metadata') },
    });
    expect(await named(rulesOver(await open(KEY_SERVICE_MIGRATIONS)), 'team=web')).toEqual(['kept']);
  });

  it('finds keys by metadata without reading the others', async () => {
    const { open } = await place();
    const database = await open(KEY_SERVICE_MIGRATIONS);
    const store = createSqlKeyStore(database);
    const rules = createKeyRules(store, settableClock()).as(OWNER);
    const id = await create(rules, 'one', { team: 'web' });
    await fillWithOthers(database, id);
    const plans: string[] = [];
    const isSqlite = (await database.now()) === null;
    const explained: SqlDatabase = Object.assign(Object.create(database), {
      async all(sql: string, params: readonly SqlValue[]) {
        const plan = await database.all(`EXPLAIN ${isSqlite ? 'QUERY PLAN ' : ''}${sql}`, params);
        plans.push(...plan.map((row) => String(row['detail'] ?? row['QUERY PLAN'])));
        return [];
      },
    });
    const query = { metadata: 'team=web', limit: 100 };
    await createSqlKeyStore(explained).page(query, 1_800_000_000_000);
    await createSqlKeyStore(explained).page({ ...query, status: ['active'] }, 1_800_000_000_000);
    expect(plans.join('\n')).toMatch(isSqlite ? /USING PRIMARY KEY \(pair=/ : /using key_metadata_pkey/);
    expect(plans.join('\n')).toMatch(/key_metadata_unrevoked/);
    expect(plans.join('\n')).not.toMatch(/SCAN|Seq Scan|TEMP B-TREE|Sort/);
    expect((await store.page(query, 1_800_000_000_000)).rows).toMatchObject([{ name: 'one' }]);
  });
});

/** Ten thousand copies of a key, with other metadata. */
async function fillWithOthers(database: SqlDatabase, id: string): Promise<void> {
  await database.run(
    `INSERT INTO api_keys (id, digest, name, type, environment, prefix, hint, scopes, restrictions, metadata, created_at)
     WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10000)
     SELECT id || n, digest || n, 'other', type, environment, prefix, hint, scopes, restrictions,
       '{"team":"' || n || '"}', created_at + n
     FROM api_keys CROSS JOIN numbers WHERE id = ?`,
    [id],
  );
  await database.run('ANALYZE');
}
