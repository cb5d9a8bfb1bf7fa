import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ListKeys } from '../../src/domain/key-service.js';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { createSqlKeyStore } from '../../src/service/store/sql-key-store.js';
import type { SqlDatabase, SqlValue } from '../../src/storage/sql/sql-database.js';
import { openSqliteDatabase } from '../../src/storage/sql/sqlite-database.js';
import { openSqlite } from '../../src/storage/sql/sqlite-driver.js';
import { codeOf } from '../contract/key-service.js';
import { keysProgram } from '../support/keys.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { underWay } from '../support/under-way.js';

const open = (folder: string, busyTimeoutMs = 50) =>
  openSqliteDatabase(join(folder, 'keys.db'), KEY_SERVICE_MIGRATIONS, { busyTimeoutMs });

it('is private from its first byte', async () => {
  const folder = join(temporaryFolder(), 'data');
  const database = await open(folder);
  await database.run('DELETE FROM api_keys');
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const name of ['keys.db', 'keys.db-wal', 'keys.db-shm']) {
    expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600);
  }
  await database.close();
});

it('makes a folder of its own private, and leaves one that holds other things as it is', async () => {
  const folder = join(temporaryFolder(), 'data');
  mkdirSync(folder, { mode: 0o755 });
  await (await open(folder)).close();
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  const shared = join(temporaryFolder(), 'project');
  mkdirSync(shared, { mode: 0o755 });
  writeFileSync(join(shared, 'package.json'), '{}');
  await (await open(shared)).close();
  expect([shared, join(shared, 'keys.db')].map((path) => statSync(path).mode & 0o777)).toEqual([
    0o755, 0o600,
  ]);
});

it.runIf(process.getuid?.() === 0)(
  "follows no link of another user to a foreign file, and keeps that user's folder as it is",
  async () => {
    const [folder, foreign] = [join(temporaryFolder(), 'theirs'), join(temporaryFolder(), 'foreign')];
    writeFileSync(foreign, '', { mode: 0o644 });
    mkdirSync(folder, { mode: 0o755 });
    chownSync(folder, 65534, 65534);
    for (const name of ['keys.db', 'keys.db-wal', 'keys.db-journal']) {
      symlinkSync(foreign, join(folder, name));
      lchownSync(join(folder, name), 65534, 65534);
      expect(await codeOf(open(folder)), name).toBe('refused');
      unlinkSync(join(folder, name));
    }
    expect([statSync(foreign).mode & 0o777, statSync(foreign).size]).toEqual([0o644, 0]);
    await (await open(folder)).close();
    expect(statSync(folder).mode & 0o777).toBe(0o755);
  },
);

it('lets other work of this process go on while it waits for a lock', async () => {
  const folder = temporaryFolder();
  const [database, other] = [await open(folder, 2_000), openSqlite(join(folder, 'keys.db'), 0)];
  other.exec('BEGIN IMMEDIATE');
  let written = false;
  const writing = underWay(
    database.run('DELETE FROM api_keys').then(() => {
      written = true;
    }),
  );
  // The lock is let go by this very process: were the wait SQLite's own, it would never come to that.
  for (let turn = 0; turn < 3; turn++) await sleep(20);
  expect([written, await database.all('SELECT id FROM api_keys')]).toEqual([false, []]);
  other.exec('ROLLBACK');
  await writing;
  expect(written).toBe(true);
  other.close();
  await database.close();
});

it('rolls back what throws half-way, and goes on', async () => {
  const database = await open(temporaryFolder());
  const add = "INSERT INTO one_time_answers VALUES (?, 'p', 'r', 'b', 'k', 0, NULL, NULL, NULL)";
  const failing = database.transaction(async (session) => {
    await session.run(add, ['1']);
    throw new Error('half-way');
  });
  await expect(failing).rejects.toThrow('half-way');
  await Promise.all(
    ['2', '3'].map((digest) => database.transaction((session) => session.run(add, [digest]))),
  );
  expect(await database.all('SELECT digest FROM one_time_answers ORDER BY digest')).toEqual([
    { digest: '2' },
    { digest: '3' },
  ]);
  await database.close();
});

it('commits together what comes at once: a failure undoes only its own part, and none resolves before all is on the disk', async () => {
  const folder = temporaryFolder();
  const database = await open(folder);
  const elsewhere = openSqlite(join(folder, 'keys.db'), 1_000);
  const names = () =>
    elsewhere.prepare('SELECT name FROM service_settings ORDER BY name').all() as Array<{ name: string }>;
  const seen: number[] = [];
  const put = (n: number) =>
    database.transaction(async (session) => {
      await session.run('INSERT INTO service_settings VALUES (?, ?)', [
        `n${String(n).padStart(2, '0')}`,
        'x',
      ]);
      if (n % 5 === 0) throw new Error(`no ${n}`);
      return n;
    });
  // The first is alone, for nothing else waits yet; what comes meanwhile goes together.
  const results = await Promise.allSettled(
    Array.from({ length: 21 }, (_, n) => put(n).finally(() => seen.push(names().length))),
  );
  const failed = results.flatMap((result, n) => (result.status === 'rejected' ? [n] : []));
  expect(failed).toEqual([0, 5, 10, 15, 20]);
  expect(names()).toHaveLength(16);
  expect(seen.slice(1)).toEqual(Array.from({ length: 20 }, () => 16));
  elsewhere.close();
  await database.close();
});

it('says that another process has locked it', async () => {
  const folder = temporaryFolder();
  const [database, other] = [await open(folder), openSqlite(join(folder, 'keys.db'), 0)];
  other.exec('BEGIN IMMEDIATE');
  expect(await codeOf(database.run('DELETE FROM api_keys'))).toBe('database_busy');
  other.exec('ROLLBACK');
  expect(await codeOf(database.run('DELETE FROM api_keys'))).toBe('none');
  other.close();
  await database.close();
});

it('leaves a database of a newer version as it is', async () => {
  const folder = temporaryFolder();
  await (await open(folder)).close();
  const raw = openSqlite(join(folder, 'keys.db'), 0);
  raw.exec('PRAGMA user_version = 99');
  raw.close();
  expect(await codeOf(open(folder))).toBe('database_newer');
});

it('leaves a file that is no database as it is', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'keys.db');
  const text = 'this is not a database, whatever its name says\n'.repeat(100);
  writeFileSync(path, text);
  expect(await codeOf(open(folder))).toBe('database_damaged');
  expect(readFileSync(path, 'utf8')).toBe(text);
});

it('says that the disk is full, and keeps what it had', async () => {
  const folder = temporaryFolder();
  const database = await open(folder);
  const store = createSqlKeyStore(database);
  // SQLite's own way to a full disk: a bound on the pages that the file may have.
  await database.transaction(async (session) => {
    await session.all('PRAGMA max_page_count = 1');
  });
  const fill = async () => {
    for (let i = 0; i < 200; i++) {
      await database.run("INSERT INTO one_time_answers VALUES (?, 'p', 'r', ?, 'k', 0, NULL, NULL, NULL)", [
        `${i}`,
        'x'.repeat(900),
      ]);
    }
  };
  expect(await codeOf(fill())).toBe('disk_full');
  expect(await store.byId('key_none')).toBeNull();
  await store.close();
});

describe('a writing thread', () => {
  const writerThread = new URL('../../dist/sqlite/sqlite-writer-thread.cjs', import.meta.url);
  const threaded = async (path = join(temporaryFolder(), 'keys.db')) => {
    const database = await openSqliteDatabase(path, KEY_SERVICE_MIGRATIONS, {
      writerThread,
      busyTimeoutMs: 50,
    });
    onTestFinished(() => database.close());
    return database;
  };

  it('leaves this thread free while it writes', async () => {
    const database = await threaded();
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await database.run(`INSERT INTO service_settings (name, value)
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT i, 'x' FROM n`);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
    expect(await database.all('SELECT COUNT(*) AS rows FROM service_settings')).toEqual([{ rows: 300_000 }]);
  });

  it('undoes what failed alone, and fails as this thread would', async () => {
    const database = await threaded();
    const insert = "INSERT INTO service_settings (name, value) VALUES ('a', 'b')";
    const done = await Promise.allSettled([
      database.run(insert),
      database.run(insert),
      database.run('NO SQL'),
    ]);
    expect(done.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(await database.all('SELECT name FROM service_settings')).toEqual([{ name: 'a' }]);
    const file = join(temporaryFolder(), 'notes');
    writeFileSync(file, 'not a database, but long enough to be taken for the header of one'.repeat(20));
    expect(await codeOf(threaded(file))).toBe('database_damaged');
  });

  it('keeps the order of writes whose statements are known and of those that decide as they go', async () => {
    const database = await threaded();
    const add = (name: string) =>
      database.run('INSERT INTO service_settings (name, value) VALUES (?, ?)', [name, '1']);
    const seen = (name: string) =>
      database.transaction(async (session) => {
        const rows = await session.all('SELECT name FROM service_settings ORDER BY name');
        await session.run('INSERT INTO service_settings (name, value) VALUES (?, ?)', [name, '2']);
        return rows.map((row) => row['name']).join('');
      });
    const done = await Promise.all([add('a'), seen('b'), add('c'), add('d'), seen('e')]);
    expect(done).toEqual([1, 'a', 1, 1, 'abcd']);
  });

  it('undoes all of a transaction whose needed statement changes nothing', async () => {
    const database = await threaded();
    const insert = (name: string) => ({
      needed: true,
      sql: 'INSERT INTO service_settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING',
      params: [name, 'x'],
    });
    const done = await Promise.all([
      database.runAll([insert('a'), insert('b')]),
      database.runAll([insert('c'), insert('a')]),
      database.runAll([insert('d')]),
    ]);
    expect(done).toEqual([[1, 1], null, [1]]);
    const rows = await database.all('SELECT name FROM service_settings ORDER BY name');
    expect(rows.map(({ name }) => name)).toEqual(['a', 'b', 'd']);
  });

  it('waits for the lock of another process, and gives up', async () => {
    const path = join(temporaryFolder(), 'keys.db');
    const [database, other] = [await threaded(path), openSqlite(path, 0)];
    onTestFinished(() => other.close());
    other.exec('BEGIN IMMEDIATE');
    expect(await codeOf(database.run("INSERT INTO service_settings (name, value) VALUES ('a', 'b')"))).toBe(
      'database_busy',
    );
    other.exec('ROLLBACK');
    expect(await database.run("INSERT INTO service_settings (name, value) VALUES ('a', 'b')")).toBe(1);
  });
});

it.each<readonly [index: string, query: Partial<ListKeys>]>([
  ['api_keys_by_age', {}],
  ['api_keys_by_age', { name: '*part*' }],
  ['api_keys_by_name', { name: 'one' }],
  ['api_keys_by_name', { name: 'one*' }],
  ['api_keys_by_environment', { environment: 'test' }],
  ['api_keys_by_service', { service: 'shop' }],
  ['api_keys_by_owner', { owner: 'ann' }],
  ['api_keys_by_owner', { owner: 'ann', status: ['active'] }],
  ['api_keys_public', { type: 'public' }],
  ['api_keys_paused', { status: ['paused'] }],
  ['api_keys_revoked_by_age', { status: ['revoked'] }],
  ['api_keys_unrevoked', { status: ['active'] }],
  ['api_keys_unrevoked', { status: ['retiring'] }],
  ['api_keys_unrevoked', { status: ['expired'] }],
  ['api_keys_unrevoked', { status: ['active', 'retiring', 'paused', 'expired'] }],
  ['api_keys_unrevoked_by_environment', { environment: 'live', status: ['active'] }],
])('lists keys by %s: %j', async (index, query) => {
  const database = await open(temporaryFolder());
  onTestFinished(() => database.close());
  const plans: unknown[] = [];
  const explained: SqlDatabase = Object.assign(Object.create(database), {
    async all(sql: string, params: readonly SqlValue[]) {
      const plan = await database.all(`EXPLAIN QUERY PLAN ${sql}`, params);
      plans.push(...plan.map(({ detail }) => detail));
      return [];
    },
  });
  await createSqlKeyStore(explained).page({ ...query, limit: 100 }, 1_800_000_000_000);
  // The index alone, and no list is sorted but those of names that begin alike.
  expect(plans[0]).toMatch(new RegExp(`USING INDEX ${index}( |$)`));
  expect(plans).toHaveLength(query.name === 'one*' ? 2 : 1);
});

it('says that its folder cannot be written', async () => {
  const folder = join(temporaryFolder(), 'a-file');
  writeFileSync(folder, '');
  expect(await codeOf(open(folder))).toBe('data_unwritable');
  if (existsSync('/proc/self')) expect(await codeOf(open('/proc/keys/data'))).toBe('data_unwritable');
  const readOnly = join(temporaryFolder(), 'read-only');
  mkdirSync(readOnly);
  chmodSync(readOnly, 0o500);
  // Root may write everywhere, so there is nothing to refuse.
  if (process.getuid?.() !== 0) expect(await codeOf(open(readOnly))).toBe('data_unwritable');
});

it('is made once by many programs that start at once on a fresh directory', async () => {
  const keys = await keysProgram();
  const results = await Promise.all(
    Array.from({ length: 6 }, (_, i) => keys.run(['create', '--name', `n${i}`, '--raw'])),
  );
  expect(results.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual([0, 0, 0, 0, 0, 0]);
  expect(JSON.parse((await keys.run(['list', '--json'])).stdout)).toHaveLength(6);
  await keys.remove();
});

it('has each commit on the disk when its program is killed right after the commit', async () => {
  const path = join(temporaryFolder(), 'keys.db');
  const from = (name: string) => JSON.stringify(new URL(`../../dist/${name}`, import.meta.url).href);
  const program = `
    import { KEY_SERVICE_MIGRATIONS } from ${from('service/store/migrations.js')};
    import { openSqliteDatabase } from ${from('storage/sql/sqlite-database.js')};
    const database = await openSqliteDatabase(${JSON.stringify(path)}, KEY_SERVICE_MIGRATIONS);
    await database.run("INSERT INTO service_settings VALUES ('a', 'kept')");
    process.kill(process.pid, 'SIGKILL');
    await new Promise(() => {});`;
  const ended = await execa(process.execPath, ['--input-type=module', '--eval', program], { reject: false });
  expect(ended.signal, ended.stderr).toBe('SIGKILL');
  const database = await openSqliteDatabase(path, KEY_SERVICE_MIGRATIONS);
  expect(await database.all("SELECT value FROM service_settings WHERE name = 'a'")).toEqual([
    { value: 'kept' },
  ]);
  await database.close();
});

describe.skipIf(process.platform === 'win32')('a database whose files are gone', () => {
  const UNAVAILABLE = 'database_unavailable';
  const read = 'SELECT id FROM api_keys';
  const write = 'DELETE FROM api_keys';

  it.each([
    ['the file was deleted', 'keys.db', (path: string) => unlinkSync(path)],
    ['its log was deleted', 'keys.db-wal', (path: string) => unlinkSync(path)],
    ['the index of its log was deleted', 'keys.db-shm', (path: string) => unlinkSync(path)],
    ['its folder was moved', '', (path: string) => renameSync(path, `${path}-aside`)],
    ['its folder was deleted', '', (path: string) => rmSync(path, { recursive: true })],
    [
      'another file is in its place',
      'keys.db',
      (path: string) => {
        writeFileSync(`${path}.new`, '');
        renameSync(`${path}.new`, path);
      },
    ],
  ])('refuses writes at once, and reads after a look: %s', async (_, name, lose) => {
    const folder = join(temporaryFolder(), 'data');
    const database = await open(folder);
    onTestFinished(() => database.close());
    expect(await database.all(read)).toEqual([]);
    lose(join(folder, name));
    expect(await codeOf(database.run(write))).toBe(UNAVAILABLE);
    expect(await codeOf(database.all(read))).toBe(UNAVAILABLE);
    expect(await codeOf(database.snapshot((session) => session.all(read)))).toBe(UNAVAILABLE);
    expect(() => database.requireInPlace()).toThrow('was deleted, moved or replaced');
  });

  it('goes on when the same folder is moved back', async () => {
    const folder = join(temporaryFolder(), 'data');
    const database = await open(folder);
    onTestFinished(() => database.close());
    renameSync(folder, `${folder}-aside`);
    expect(await codeOf(database.run(write))).toBe(UNAVAILABLE);
    renameSync(`${folder}-aside`, folder);
    await database.run(write);
    expect(await database.all(read)).toEqual([]);
  });

  it('confirms no write during which the file went', async () => {
    const folder = temporaryFolder();
    const database = await open(folder);
    onTestFinished(() => database.close());
    const writing = database.transaction(async (session) => {
      await session.run(write);
      unlinkSync(join(folder, 'keys.db'));
    });
    expect(await codeOf(writing)).toBe(UNAVAILABLE);
  });

  it('opens no other file to read from', async () => {
    const folder = temporaryFolder();
    const database = await open(folder);
    onTestFinished(() => database.close());
    await replaceFile(folder);
    // The first read opens a connection of its own: here, that would be one to the other file.
    expect(await codeOf(database.all(read))).toBe(UNAVAILABLE);
  });

  it('leaves the log of the database that took its place alone when it closes', async () => {
    const folder = temporaryFolder();
    const [database, other] = [await open(folder), await replaceFile(folder)];
    await other.run("INSERT INTO service_settings (name, value) VALUES ('last', 'change')");
    const log = readFileSync(join(folder, 'keys.db-wal'));
    expect(log.length).toBeGreaterThan(0);
    await database.close();
    expect(readFileSync(join(folder, 'keys.db-wal')).equals(log)).toBe(true);
  });

  /** Puts another database in the place of the one in this folder, and opens it. */
  async function replaceFile(folder: string) {
    for (const ending of ['', '-wal', '-shm']) unlinkSync(join(folder, `keys.db${ending}`));
    const other = await open(folder);
    onTestFinished(() => other.close());
    return other;
  }
});
