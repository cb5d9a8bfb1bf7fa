import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KeysError } from '../../src/domain/errors.js';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { filedPassword, passwordIn } from '../../src/storage/sql/password-file.js';
import { openPostgresDatabase } from '../../src/storage/sql/postgres-database.js';
import { openingFailure, postgresFailure } from '../../src/storage/sql/postgres-failure.js';
import { codeOf } from '../contract/key-service.js';
import { testPostgres } from '../support/postgres.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const { own } = await testPostgres();
const MIGRATIONS = [['CREATE TABLE counted (n INTEGER PRIMARY KEY, at BIGINT)']] as const;

async function open(address: string, migrations = MIGRATIONS as typeof KEY_SERVICE_MIGRATIONS) {
  const database = await openPostgresDatabase(address, migrations, { env: {} });
  onTestFinished(() => database.close());
  return database;
}

describe.skipIf(own === null)('PostgreSQL', () => {
  const server = own as NonNullable<typeof own>;
  const fresh = async () => open(await server.freshAddress());

  it('rolls back what throws half-way, and goes on', async () => {
    const database = await fresh();
    const failing = database.transaction(async (session) => {
      await session.run('INSERT INTO counted VALUES (?, ?)', [1, null]);
      throw new Error('half-way');
    });
    await expect(failing).rejects.toThrow('half-way');
    await database.transaction((session) => session.run('INSERT INTO counted VALUES (?, ?)', [2, 2 ** 50]));
    expect(await database.all("SELECT n, at, '?' AS mark FROM counted WHERE n = ?", [2])).toEqual([
      { n: 2, at: 2 ** 50, mark: '?' },
    ]);
    expect(await database.run('DELETE FROM counted')).toBe(1);
  });

  it('cancels a statement that takes longer than was set', async () => {
    const options = { env: {}, statementMs: 1_000 };
    const database = await openPostgresDatabase(await server.freshAddress(), MIGRATIONS, options);
    onTestFinished(() => database.close());
    await expect(database.all('SELECT pg_sleep(60)')).rejects.toThrow();
    const [row] = await database.all("SELECT current_setting('statement_timeout') AS longest");
    expect(row).toEqual({ longest: '1s' });
  });

  it('commits nothing where an error was swallowed', async () => {
    const database = await fresh();
    const careless = database.transaction(async (session) => {
      await session.run('INSERT INTO counted VALUES (1, 1)');
      await session.run('INSERT INTO counted VALUES (1, 1)').catch(() => undefined);
    });
    await expect(careless).rejects.toThrow('ROLLBACK');
    expect(await database.all('SELECT n FROM counted')).toEqual([]);
  });

  it('runs again what the database chose as the victim of a deadlock', async () => {
    const database = await fresh();
    await database.run('INSERT INTO counted VALUES (1, 0), (2, 0)');
    const add = 'UPDATE counted SET at = at + 1 WHERE n = ?';
    let waiting: (() => void) | undefined;
    const both = new Promise<void>((resolve) => {
      waiting = resolve;
    });
    let started = 0;
    const inOrder = (first: number, second: number) =>
      database.transaction(async (session) => {
        await session.run(add, [first]);
        if (++started === 2) waiting?.();
        await both;
        await session.run(add, [second]);
      });
    await Promise.all([inOrder(1, 2), inOrder(2, 1)]);
    expect(started).toBeGreaterThan(2);
    expect(await database.all('SELECT n, at FROM counted ORDER BY n')).toEqual([
      { n: 1, at: 2 },
      { n: 2, at: 2 },
    ]);
  });

  it('shows a snapshot as it was, while others write', async () => {
    const database = await fresh();
    await database.run('INSERT INTO counted VALUES (1, 0)');
    const seen = await database.snapshot(async (session) => {
      const before = await session.all('SELECT n FROM counted');
      await database.run('INSERT INTO counted VALUES (2, 0)');
      return [before, await session.all('SELECT n FROM counted')];
    });
    expect(seen).toEqual([[{ n: 1 }], [{ n: 1 }]]);
  });

  it('is made once by many servers that start at once', async () => {
    for (let round = 0; round < 5; round++) {
      const address = await server.freshAddress();
      const opened = await Promise.all(
        Array.from({ length: 8 }, () => open(address, KEY_SERVICE_MIGRATIONS)),
      );
      for (const database of opened) expect(await database.all('SELECT id FROM api_keys')).toEqual([]);
      expect(await opened[0]?.all('SELECT version FROM keys_schema')).toEqual([
        { version: KEY_SERVICE_MIGRATIONS.length },
      ]);
    }
  });

  it('is upgraded step by step, refuses a newer one, and takes no table of others for its own', async () => {
    const address = await server.freshAddress();
    await open(address);
    const longer = [...MIGRATIONS, ['ALTER TABLE counted ADD COLUMN word TEXT']];
    const database = await open(address, longer);
    await database.run("INSERT INTO counted VALUES (1, 1, 'x')");
    expect(await codeOf(open(address))).toBe('database_newer');
    const taken = await server.freshAddress();
    await (await open(taken, [])).run('CREATE TABLE counted (mine TEXT)');
    expect(await codeOf(open(taken))).toBe('refused');
  });

  it('needs no right to change tables where there is nothing to change', async () => {
    const address = await server.freshAddress();
    const admin = await open(address);
    const schema = new URL(address).searchParams.get('options')?.split('=')[1] ?? '';
    const role = `${schema}_user`;
    await admin.run(`CREATE ROLE ${role} LOGIN PASSWORD 'fake'`);
    await admin.run(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`);
    await admin.run(`GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA ${schema} TO ${role}`);
    const url = new URL(address);
    [url.username, url.password] = [role, 'fake'];
    expect(await (await open(url.href)).run('INSERT INTO counted VALUES (1, 1)')).toBe(1);
    const longer = [...MIGRATIONS, ['ALTER TABLE counted ADD COLUMN word TEXT']];
    expect(await codeOf(open(url.href, longer))).toBe('database_refused');
  });

  it('is refused with a wrong password, and says so without it', async () => {
    const url = new URL(await server.freshAddress());
    url.password = 'a-wrong-one';
    const refused = await open(url.href).catch((error) => error);
    expect(refused).toMatchObject({ code: 'database_refused' });
    expect(`${refused.message} ${refused.hint}`).not.toContain('a-wrong-one');
    url.password = '';
    expect(await codeOf(open(url.href))).toBe('database_refused');
    url.pathname = '/nowhere';
    url.password = new URL(server.address).password;
    expect(await codeOf(open(url.href))).toBe('usage');
  });

  it('takes the password from the password file', async () => {
    const url = new URL(await server.freshAddress());
    const path = join(temporaryFolder(), 'pgpass');
    writeFileSync(path, `127.0.0.1:*:*:postgres:${url.password}\n`, { mode: 0o600 });
    url.password = '';
    const database = await openPostgresDatabase(url.href, MIGRATIONS, { env: { PGPASSFILE: path } });
    expect(await database.all('SELECT n FROM counted')).toEqual([]);
    await database.close();
  });

  it('loses a connection in the middle of its work, says so, and goes on with another', async () => {
    const database = await fresh();
    const cut = database.transaction(async (session) => {
      await session.run('INSERT INTO counted VALUES (1, 1)');
      const [own] = await session.all('SELECT pg_backend_pid() AS pid');
      await database.all('SELECT pg_terminate_backend(?)', [Number(own?.['pid'])]);
      await session.run('INSERT INTO counted VALUES (2, 2)');
    });
    const failure = await cut.catch((error) => error);
    expect(failure).toMatchObject({ code: 'database_unavailable', httpStatus: 503, retryAfterSeconds: 2 });
    expect(await database.all('SELECT n FROM counted')).toEqual([]);
  });

  it('says that a statement took too long, and that a text cannot be kept', async () => {
    const database = await fresh();
    const slow = database.transaction(async (session) => {
      await session.run('SET LOCAL statement_timeout = 10');
      await session.all('SELECT pg_sleep(30)');
    });
    expect(await codeOf(slow)).toBe('database_busy');
    expect(await codeOf(database.all('SELECT n FROM counted WHERE ? = n::text', ['a\0b']))).toBe(
      'invalid_request',
    );
  });

  it('speaks TLS to another machine, unless the address forbids it', async () => {
    const url = new URL(await server.freshAddress());
    // 127.0.0.1 by a name that is not this machine's own, and a server without TLS: that it is asked for
    // shows in the failure.
    url.hostname = '[::ffff:127.0.0.1]';
    const refused = await open(url.href).catch((error) => error);
    expect(refused).toMatchObject({ code: 'database_unavailable', hint: expect.stringContaining('sslmode') });
    url.searchParams.set('sslmode', 'disable');
    expect(await codeOf(open(url.href))).toBe('none');
  });

  it('comes back by itself when the database does', async () => {
    const database = await fresh();
    await server.stop();
    expect(await codeOf(database.all('SELECT n FROM counted'))).toBe('database_unavailable');
    expect(await codeOf(database.run('DELETE FROM counted'))).toBe('database_unavailable');
    expect(await codeOf(open(server.address))).toBe('database_unavailable');
    await server.start();
    expect(await database.all('SELECT n FROM counted')).toEqual([]);
  });
});

const CONNECTION = { host: 'db', port: 5432, database: 'keys', user: 'me' };

it.each([
  ['db:5432:keys:me:p', 'p'],
  ['*:*:*:*:p', 'p'],
  ['# db:5432:keys:me:no\n\nother:*:*:*:no\ndb:*:*:me:yes\n*:*:*:*:later', 'yes'],
  ['db:5432:keys:me:a\\:b\\\\c', 'a:b\\c'],
  ['db:5432:keys:you:p', undefined],
  ['db:5432', undefined],
  ['', undefined],
])('finds in the password file %j', (text, password) => expect(passwordIn(text, CONNECTION)).toBe(password));

it('uses no password file that others may read', () => {
  const path = join(temporaryFolder(), '.pgpass');
  writeFileSync(path, '*:*:*:*:p', { mode: 0o600 });
  expect(filedPassword({ PGPASSFILE: path }, CONNECTION)).toBe('p');
  expect(filedPassword({ HOME: join(path, '..') }, CONNECTION)).toBe('p');
  chmodSync(path, 0o640);
  expect(filedPassword({ PGPASSFILE: path }, CONNECTION)).toBeUndefined();
  expect(filedPassword({ PGPASSFILE: `${path}.none` }, CONNECTION)).toBeUndefined();
  expect(filedPassword({}, CONNECTION)).toBeUndefined();
});

it.each([
  ['53100', 'disk_full'],
  ['XX001', 'database_damaged'],
  ['58030', 'data_unwritable'],
  ['57P01', 'database_unavailable'],
  ['53300', 'database_unavailable'],
  ['25006', 'database_unavailable'],
  ['28P01', 'database_unavailable'],
  ['55P03', 'database_busy'],
  ['40001', 'database_busy'],
  ['22021', 'invalid_request'],
])('knows what %s means', (code, ours) => {
  const error = Object.assign(new Error('words'), { code, severity: 'ERROR' });
  expect(postgresFailure(error)).toMatchObject({ code: ours, cause: error });
});

it('leaves what it does not know as it is', () => {
  const odd = Object.assign(new Error('syntax'), { code: '42601', severity: 'ERROR' });
  const plain = new TypeError('x is not a function');
  expect([postgresFailure(odd), postgresFailure(plain), openingFailure(odd, 'a')]).toEqual([odd, plain, odd]);
  const ours = new KeysError('conflict', 'x');
  expect([postgresFailure(ours), openingFailure(ours, 'a')]).toEqual([ours, ours]);
});
