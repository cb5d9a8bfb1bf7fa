import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { restoreBackup, writeBackup } from '../../src/service/backup.js';
import { openKeyRules } from '../../src/service/open-rules.js';
import { OWNER } from '../../src/service/principal.js';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { createSqlKeyStore } from '../../src/service/store/sql-key-store.js';
import { openPostgresDatabase } from '../../src/storage/sql/postgres-database.js';
import type { SqlDatabase } from '../../src/storage/sql/sql-database.js';
import { openSqliteDatabase } from '../../src/storage/sql/sqlite-database.js';
import { idempotent, secretOf } from '../contract/key-service.js';
import { testEncryptionKey } from '../support/encryption-key.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { testPostgres } from '../support/postgres.js';
import { settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const { all } = await testPostgres();
const sqlite = () => openSqliteDatabase(join(temporaryFolder(), 'keys.db'), KEY_SERVICE_MIGRATIONS);
const databases: Array<readonly [name: string, open: () => Promise<SqlDatabase>]> = [
  ['SQLite', sqlite],
  ...all.map((server) => {
    const open = async () =>
      openPostgresDatabase(await server.freshAddress(), KEY_SERVICE_MIGRATIONS, { env: {} });
    return [server.name, open] as const;
  }),
];

async function opened(open: () => Promise<SqlDatabase>): Promise<SqlDatabase> {
  const database = await open();
  onTestFinished(() => database.close());
  return database;
}

async function backupOf(database: SqlDatabase): Promise<string[]> {
  let text = '';
  await writeBackup(database, 1_700_000_000_000, (lines) => {
    text += lines;
  });
  return text.trimEnd().split('\n');
}

/**
 * The rows of each table in one order: a PostgreSQL with a locale sorts identifiers in another way than
 * SQLite does.
 */
function rowsOf(backup: readonly string[]): unknown {
  return backup.slice(1, -1).map((line) => {
    const { table, columns, rows } = JSON.parse(line) as { table: string; columns: unknown; rows: unknown[] };
    return { table, columns, rows: rows.map((row) => JSON.stringify(row)).sort() };
  });
}

describe.each(databases)('a backup of %s', (_, open) => {
  it('restored on either store holds everything, and its keys are accepted', async () => {
    const [database, clock] = [await opened(open), settableClock()];
    const { rules } = await openKeyRules(createSqlKeyStore(database), clock, {});
    const service = rules.as(OWNER);
    const creation = idempotent();
    const created = await service.create({ name: 'web', limits: { rate: '5/min' }, owner: 'ann' }, creation);
    const gone = await service.create({ name: 'gone' }, idempotent());
    await service.revoke(gone.key.id);
    await createSqlKeyStore(database).recordActivity(
      1,
      new Map([[created.key.id, { uses: 3, refusals: 1 }]]),
      [],
    );
    const lines = await backupOf(database);
    for (const target of [await opened(open), await opened(sqlite)]) {
      expect(await restoreBackup(target, Readable.from(lines))).toEqual({
        ...{ keys: 2, events: 3, needsEncryptionKey: false, needsHmacKeys: false },
      });
      expect(rowsOf(await backupOf(target))).toEqual(rowsOf(lines));
      const store = createSqlKeyStore(target);
      const restored = (await openKeyRules(store, clock, {})).rules.as(OWNER);
      expect(await restored.verify({ key: secretOf(created) })).toMatchObject({ valid: true });
      expect(await restored.verify({ key: secretOf(gone) })).toMatchObject({
        valid: false,
        reason: 'revoked',
      });
      expect(await store.usage(created.key.id, 0)).toMatchObject([{ day: 1, uses: 3, refusals: 1 }]);
      // A repeat of the create has its response again.
      const again = await restored.create({ name: 'web', limits: { rate: '5/min' }, owner: 'ann' }, creation);
      expect(secretOf(again)).toBe(secretOf(created));
      await expect(restoreBackup(target, Readable.from(lines))).rejects.toThrow('has keys already');
    }
  });

  it('beside a running server: an unused one creates nothing under the wrong policy, a used one is refused', async () => {
    const [database, clock] = [await opened(open), settableClock()];
    const pairs = { policy: 'tylt', encryptionKey: testEncryptionKey(1) };
    const service = (await openKeyRules(createSqlKeyStore(database), clock, pairs)).rules.as(OWNER);
    const asked = { name: 'shop', service: 'shop', environment: 'demo' };
    await service.create(asked, idempotent());
    const lines = await backupOf(database);
    for (const policy of [undefined, 'swiftsell']) {
      const target = await opened(open);
      const start = () =>
        openKeyRules(createSqlKeyStore(target), clock, policy === undefined ? {} : { policy });
      const running = (await start()).rules.as(OWNER);
      if (policy !== undefined) {
        await expect(restoreBackup(target, Readable.from(lines))).rejects.toThrow('was used already');
        continue;
      }
      await restoreBackup(target, Readable.from(lines));
      const late = running.create({ name: 'late' }, idempotent());
      await expect(late).rejects.toMatchObject({ code: 'unavailable', hint: 'start this server again' });
      expect(await target.all('SELECT name FROM api_keys')).toEqual([{ name: 'shop' }]);
      const restarted = (await openKeyRules(createSqlKeyStore(target), clock, pairs)).rules.as(OWNER);
      await restarted.create({ ...asked, name: 'late', service: 'late' }, idempotent());
    }
  });

  it('that was cut off or changed restores nothing', async () => {
    const [database, target] = [await opened(open), await opened(open)];
    const service = (await openKeyRules(createSqlKeyStore(database), settableClock(), {})).rules.as(OWNER);
    await service.create({ name: 'web' }, idempotent());
    const lines = await backupOf(database);
    for (const [wrong, message] of [
      [lines.slice(0, -1), 'it was cut off'],
      [lines.map((line) => line.replace('"web"', '"wex"')), 'it was changed'],
      [lines.filter((line) => !line.includes('"table":"key_events"')), 'it was changed'],
      [[...lines, '{}'], 'more than the last line'],
      [['{"format":"keys","version":1}', ...lines.slice(1)], 'not the first line of a backup'],
      [[lines[0]?.replace(/"schema":\d+/, '"schema":999') ?? ''], 'a later version of keys'],
    ] as const) {
      await expect(restoreBackup(target, Readable.from(wrong)), message).rejects.toThrow(message);
      expect(await target.all('SELECT id FROM api_keys')).toEqual([]);
    }
  });
});

it('keys serve backup and restore: a file that only its owner reads, and a home with the same keys', async () => {
  const [from, to] = [await keysInProcess(), await keysInProcess()];
  const file = join(temporaryFolder(), 'backup.ndjson');
  const secret = (await from.run(['create', '--name', 'web', '--raw'])).stdout.trim();
  const made = await from.run(['serve', 'backup', file, '--json']);
  expect([made.code, JSON.parse(made.stdout)]).toMatchObject([
    0,
    { path: file, keys: 1, needs_encryption_key: false },
  ]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).not.toContain(secret);
  expect((await from.run(['serve', 'backup', file])).stderr).toContain('there is a file already');
  const done = await to.run(['serve', 'restore', file]);
  expect([done.code, done.stdout]).toMatchObject([0, expect.stringContaining('verified')]);
  expect((await to.run(['verify'], { stdin: secret })).code).toBe(0);
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, -20));
  expect((await (await keysInProcess()).run(['serve', 'restore', file])).stderr).toContain('line');
});
