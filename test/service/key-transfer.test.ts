import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { exportKeys, importKeys } from '../../src/service/key-transfer.js';
import { OWNER } from '../../src/service/principal.js';
import { createKeyRules } from '../../src/service/rules.js';
import type { AuditRow } from '../../src/service/store/audit-trail.js';
import type { KeyRow } from '../../src/service/store/key-store.js';
import { addKeys } from '../../src/service/store/key-transfer.js';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import type { DatabaseSettings } from '../../src/service/store/settings.js';
import { createSqlKeyStore } from '../../src/service/store/sql-key-store.js';
import { openPostgresDatabase } from '../../src/storage/sql/postgres-database.js';
import type { SqlDatabase } from '../../src/storage/sql/sql-database.js';
import { openSqliteDatabase } from '../../src/storage/sql/sqlite-database.js';
import { codeOf, idempotent } from '../contract/key-service.js';
import { manyKeys } from '../support/many-keys.js';
import { testPostgres } from '../support/postgres.js';
import { settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const { own, all } = await testPostgres();

const sqlite = () => openSqliteDatabase(join(temporaryFolder(), 'keys.db'), KEY_SERVICE_MIGRATIONS);
const databases: Array<readonly [name: string, open: () => Promise<SqlDatabase>]> = [
  ['SQLite', sqlite],
  ...all.map((server) => {
    const open = async () =>
      openPostgresDatabase(await server.freshAddress(), KEY_SERVICE_MIGRATIONS, { env: {} });
    return [server.name, open] as const;
  }),
];

/** Of a database with pairs. */
const SETTINGS = { policy: 'tylt', encryption_key_check: 'c'.repeat(64) };

async function opened(open: () => Promise<SqlDatabase>): Promise<SqlDatabase> {
  const database = await open();
  onTestFinished(() => database.close());
  return database;
}

async function linesOf(database: SqlDatabase): Promise<string[]> {
  const parts: string[] = [];
  await exportKeys(database, async (lines) => void parts.push(lines));
  return parts.join('').trimEnd().split('\n');
}

/** All that is there, without what tells of imports and the counts. */
async function heldBy(database: SqlDatabase): Promise<string[]> {
  return (await linesOf(database)).slice(1).filter((line) => !line.includes('"action":"imported"'));
}

const by = { actor: 'owner', at: 1_700_000_000_000 };

const take = (database: SqlDatabase, lines: readonly string[]) =>
  importKeys(database, Readable.from(lines) as AsyncIterable<string>, by);

async function add(database: SqlDatabase, settings: DatabaseSettings, count: number): Promise<void> {
  await addKeys(database, { settings, keys: manyKeys(count), events: eventsOf(manyKeys(count)), by });
}

/** For each third key one event. */
async function* eventsOf(keys: AsyncIterable<readonly KeyRow[]>): AsyncIterable<readonly AuditRow[]> {
  for await (const rows of keys) {
    yield rows
      .filter((_, i) => i % 3 === 0)
      .map(({ id, name, created_at }) => ({
        id: id.replace('key', 'evt'),
        at: created_at,
        actor: 'owner',
        action: 'created',
        key_id: id,
        details: { name, scopes: [] },
      }));
  }
}

describe.each(databases)('keys moved to %s', (_, open) => {
  it('are the same keys, to the last member, and once more change nothing', async () => {
    const [from, to] = [await opened(sqlite), await opened(open)];
    await add(from, SETTINGS, 1_203);
    const lines = await linesOf(from);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      format: 'keys',
      version: 1,
      keys: 1_203,
      events: expect.any(Number),
      settings: SETTINGS,
    });
    expect(await take(to, lines)).toEqual({ added: 1_203, same: 0 });
    expect(await heldBy(to)).toEqual(await heldBy(from));
    const after = await linesOf(to);
    expect(after).toHaveLength(lines.length + 1);
    expect(await take(to, lines)).toEqual({ added: 0, same: 1_203 });
    expect(await linesOf(to)).toEqual(after);
    const { rows } = await createSqlKeyStore(to).events({ limit: 1_000 });
    const imports = rows.filter(({ action }) => action === 'imported');
    expect(imports.map(({ actor, at, key_id, details }) => ({ actor, at, key_id, details }))).toEqual([
      { ...by, key_id: null, details: { keys: 1_203 } },
      { ...by, key_id: null, details: { keys: 1_203 } },
    ]);
  });

  it('are refused if no request could ever be let in with one: its beginning is not of the policy', async () => {
    const database = await opened(sqlite);
    const service = createKeyRules(createSqlKeyStore(database), settableClock()).as(OWNER);
    await service.create({ name: 'web' }, idempotent());
    const lines = (await linesOf(database)).map((line) => line.replace('"sk_live_"', '"acme_"'));
    const target = await opened(open);
    await expect(take(target, lines)).rejects.toThrow(
      'line 2: no key under the policy keys begins with "acme_"',
    );
    expect(await heldBy(target)).toEqual([]);
  });

  it('may be none', async () => {
    const database = await opened(open);
    expect(await linesOf(database)).toEqual([
      '{"format":"keys","version":1,"keys":0,"events":0,"settings":{}}',
    ]);
    expect(await take(database, await linesOf(database))).toEqual({ added: 0, same: 0 });
  });

  it('keep the later of two last uses', async () => {
    const [from, to] = [await opened(sqlite), await opened(open)];
    await add(from, SETTINGS, 4);
    const lines = await linesOf(from);
    await take(to, lines);
    const store = createSqlKeyStore(to);
    const ids = lines.slice(1).map((line) => JSON.parse(line).id as string);
    await store.recordUses(new Map([[ids[0] ?? '', 9e12]]));
    const later = lines.map((line) => line.replace(/"last_used":null/, '"last_used":8000000000000'));
    expect(await take(to, later)).toEqual({ added: 0, same: 4 });
    expect((await store.byId(ids[0] ?? ''))?.last_used).toBe(9e12);
    expect((await store.byId(ids[1] ?? ''))?.last_used).toBe(8e12);
  });

  it.each([
    ['another key with an id that is there', (line: string) => line.replace('"name":"key 3"', '"name":"x"')],
    ['another id with a digest that is there', (line: string) => line.replace('"id":"key_', '"id":"key_x')],
    ['one that was revoked since', (line: string) => line.replace('"revoked_at":null', '"revoked_at":1')],
    [
      'another event with an id that is there',
      (line: string) => line.replace('"actor":"owner"', '"actor":"x"'),
      '"action":"created"',
    ],
  ])('are refused with %s, and then none is added', async (_, change, where = '"name":"key 3"') => {
    const [from, to] = [await opened(sqlite), await opened(open)];
    await add(from, SETTINGS, 4);
    await take(to, await linesOf(from));
    await add(from, SETTINGS, 900);
    const [head = '', ...lines] = await linesOf(from);
    const at = lines.findIndex((line) => line.includes(where));
    const changed = [head, ...lines.with(at, change(lines[at] ?? ''))];
    expect(await codeOf(take(to, changed))).toBe('conflict');
    expect(await heldBy(to)).toHaveLength(6);
  });

  it.each([
    ['nothing at all', () => [], 'line 1'],
    ['no first line', (lines: string[]) => lines.slice(1), 'line 1'],
    [
      'another version',
      (lines: string[]) => lines.with(0, '{"format":"keys","version":2,"keys":700,"events":0,"settings":{}}'),
      'version 2',
    ],
    ['events that were cut off', (lines: string[]) => lines.slice(0, -3), 'cut off'],
    ['a line too many', (lines: string[]) => [...lines, lines.at(-1) ?? ''], 'more than'],
    [
      'an action that is none',
      (lines: string[]) => lines.map((line) => line.replace('"action":"created"', '"action":"x"')),
      'action',
    ],
    ['an end that was cut off', (lines: string[]) => lines.slice(0, 650), 'cut off'],
    [
      'half a line',
      (lines: string[]) => lines.with(600, (lines[600] ?? '').slice(0, 40)),
      'line 601: not JSON',
    ],
    [
      'a member too many',
      (lines: string[]) => lines.with(2, `{"secret":"x",${lines[2]?.slice(1)}`),
      'line 3',
    ],
    [
      'a status that is none',
      (lines: string[]) => lines.map((line) => line.replace('"type":"public"', '"type":"x"')),
      'type',
    ],
    [
      'a NUL in a name',
      (lines: string[]) => lines.with(3, (lines[3] ?? '').replace('"key 2"', '"a\\u0000b"')),
      'line 4',
    ],
  ])('are refused with %s, and then none is added', async (_, change, why) => {
    const [from, to] = [await opened(sqlite), await opened(open)];
    await add(from, SETTINGS, 700);
    const failure = await take(to, change(await linesOf(from))).catch((error) => error);
    expect(failure).toMatchObject({ code: 'invalid_request', message: expect.stringContaining(why) });
    expect(await linesOf(to)).toHaveLength(1);
  });
});

describe.each(databases)('the settings of keys moved to %s', (_, open) => {
  it.each([
    ['another policy', { policy: 'keys' }, 'policy'],
    ['another encryption key', { policy: 'tylt', encryption_key_check: 'd'.repeat(64) }, 'encrypted'],
  ])('are refused where the database has %s', async (_, own, why) => {
    const [from, to] = [await opened(sqlite), await opened(open)];
    await add(from, SETTINGS, 3);
    await add(to, own, 0);
    const failure = await take(to, await linesOf(from)).catch((error) => error);
    expect(failure).toMatchObject({ code: 'conflict', message: expect.stringContaining(why) });
    expect(await linesOf(to)).toHaveLength(1);
  });

  it('are those of the documented endpoints where keys are there and none was named', async () => {
    const [from, to] = [await opened(sqlite), await opened(open)];
    await add(from, {}, 3);
    await take(to, await linesOf(from));
    expect(await createSqlKeyStore(to).setting('policy')).toBe('keys');
    await add(from, {}, 5);
    expect(await take(to, await linesOf(from))).toEqual({ added: 2, same: 3 });
  });

  it('are refused where such keys are there already and those that come are of another policy', async () => {
    const [from, to] = [await opened(sqlite), await opened(open)];
    await add(from, { policy: 'jahuty' }, 3);
    await add(to, {}, 1);
    expect(await codeOf(take(to, await linesOf(from)))).toBe('conflict');
  });
});

/** Many times the rows of one statement (500). `npm run faults` moves 100,000. */
const MANY = Number(process.env['KEYS_TRANSFER_KEYS'] ?? 10_300);

it.skipIf(own === null)(
  `moves ${MANY} keys from SQLite to PostgreSQL, and loses nothing`,
  async () => {
    const [from, to] = [await opened(sqlite), await opened(databases[1]?.[1] ?? sqlite)];
    await add(from, SETTINGS, MANY);
    const lines = await linesOf(from);
    expect(lines.length).toBeGreaterThan(MANY * 1.33);
    expect(await take(to, lines)).toEqual({ added: MANY, same: 0 });
    expect((await heldBy(to)).join() === (await heldBy(from)).join()).toBe(true);
    // 100,000 take half a minute alone, and several on a busy machine.
  },
  600_000,
);
