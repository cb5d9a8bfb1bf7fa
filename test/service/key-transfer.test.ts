import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openPostgresDatabase } from '../../src/database/postgres-database.js';
import type { SqlDatabase } from '../../src/database/sql-database.js';
import { openSqliteDatabase } from '../../src/database/sqlite-database.js';
import { exportKeys, importKeys } from '../../src/service/key-transfer.js';
import { addKeys } from '../../src/service/store/key-transfer.js';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { createSqlKeyStore } from '../../src/service/store/sql-key-store.js';
import { codeOf } from '../contract/key-service.js';
import { manyKeys } from '../support/many-keys.js';
import { testPostgres } from '../support/postgres.js';
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

const stream = (lines: readonly string[]) => Readable.from(lines) as AsyncIterable<string>;

describe.each(databases)('keys moved to %s', (_, open) => {
  it('are the same keys, to the last member, and once more change nothing', async () => {
    const [from, to] = [await opened(sqlite), await opened(open)];
    await addKeys(from, SETTINGS, manyKeys(1_203));
    const lines = await linesOf(from);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      format: 'keys',
      version: 1,
      keys: 1_203,
      settings: SETTINGS,
    });
    expect(await importKeys(to, stream(lines))).toEqual({ added: 1_203, same: 0 });
    expect(await linesOf(to)).toEqual(lines);
    expect(await importKeys(to, stream(lines))).toEqual({ added: 0, same: 1_203 });
    expect(await linesOf(to)).toEqual(lines);
  });

  it('may be none', async () => {
    const database = await opened(open);
    expect(await linesOf(database)).toEqual(['{"format":"keys","version":1,"keys":0,"settings":{}}']);
    expect(await importKeys(database, stream(await linesOf(database)))).toEqual({ added: 0, same: 0 });
  });

  it('keep the later of two last uses', async () => {
    const [from, to] = [await opened(sqlite), await opened(open)];
    await addKeys(from, SETTINGS, manyKeys(4));
    const lines = await linesOf(from);
    await importKeys(to, stream(lines));
    const store = createSqlKeyStore(to);
    const ids = lines.slice(1).map((line) => JSON.parse(line).id as string);
    await store.recordUses(new Map([[ids[0] ?? '', 9e12]]));
    const later = lines.map((line) => line.replace(/"last_used":null/, '"last_used":8000000000000'));
    expect(await importKeys(to, stream(later))).toEqual({ added: 0, same: 4 });
    expect((await store.byId(ids[0] ?? ''))?.last_used).toBe(9e12);
    expect((await store.byId(ids[1] ?? ''))?.last_used).toBe(8e12);
  });

  it.each([
    ['another key with an id that is there', (line: string) => line.replace('"name":"key 3"', '"name":"x"')],
    ['another id with a digest that is there', (line: string) => line.replace('"id":"key_', '"id":"key_x')],
    ['one that was revoked since', (line: string) => line.replace('"revoked_at":null', '"revoked_at":1')],
  ])('are refused with %s, and then none is added', async (_, change) => {
    const [from, to] = [await opened(sqlite), await opened(open)];
    await addKeys(from, SETTINGS, manyKeys(4));
    await importKeys(to, stream(await linesOf(from)));
    await addKeys(from, SETTINGS, manyKeys(900));
    const [head = '', ...lines] = await linesOf(from);
    const at = lines.findIndex((line) => line.includes('"name":"key 3"'));
    const changed = [head, ...lines.with(at, change(lines[at] ?? ''))];
    expect(await codeOf(importKeys(to, stream(changed)))).toBe('conflict');
    expect(await linesOf(to)).toHaveLength(5);
  });

  it.each([
    ['nothing at all', () => [], 'line 1'],
    ['no first line', (lines: string[]) => lines.slice(1), 'line 1'],
    [
      'another version',
      (lines: string[]) => lines.with(0, '{"format":"keys","version":2,"keys":700,"settings":{}}'),
      'version 2',
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
    await addKeys(from, SETTINGS, manyKeys(700));
    const failure = await importKeys(to, stream(change(await linesOf(from)))).catch((error) => error);
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
    await addKeys(from, SETTINGS, manyKeys(3));
    await addKeys(to, own, manyKeys(0));
    const failure = await importKeys(to, stream(await linesOf(from))).catch((error) => error);
    expect(failure).toMatchObject({ code: 'conflict', message: expect.stringContaining(why) });
    expect(await linesOf(to)).toHaveLength(1);
  });

  it('are those of the documented endpoints where keys are there and none was named', async () => {
    const [from, to] = [await opened(sqlite), await opened(open)];
    await addKeys(from, {}, manyKeys(3));
    await importKeys(to, stream(await linesOf(from)));
    expect(await createSqlKeyStore(to).setting('policy')).toBe('keys');
    await addKeys(from, {}, manyKeys(5));
    expect(await importKeys(to, stream(await linesOf(from)))).toEqual({ added: 2, same: 3 });
  });

  it('are refused where such keys are there already and those that come are of another policy', async () => {
    const [from, to] = [await opened(sqlite), await opened(open)];
    await addKeys(from, { policy: 'jahuty' }, manyKeys(3));
    await addKeys(to, {}, manyKeys(1));
    expect(await codeOf(importKeys(to, stream(await linesOf(from))))).toBe('conflict');
  });
});

it.skipIf(own === null)('moves 100,000 keys from SQLite to PostgreSQL, and loses nothing', async () => {
  const [from, to] = [await opened(sqlite), await opened(databases[1]?.[1] ?? sqlite)];
  await addKeys(from, SETTINGS, manyKeys(100_000));
  const lines = await linesOf(from);
  expect(lines).toHaveLength(100_001);
  expect(await importKeys(to, stream(lines))).toEqual({ added: 100_000, same: 0 });
  expect((await linesOf(to)).join() === lines.join()).toBe(true);
});
