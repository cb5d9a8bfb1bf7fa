import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import { restoreBackup, writeBackup } from '../../src/service/backup.js';
import { OWNER } from '../../src/service/principal.js';
import { createKeyRules } from '../../src/service/rules.js';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { createSqlKeyStore } from '../../src/service/store/sql-key-store.js';
import { openSqliteDatabase } from '../../src/storage/sql/sqlite-database.js';
import { codeOf, idempotent } from '../contract/key-service.js';
import { settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** The next version's tables: more, as every upgrade must be. */
const NEXT = [
  ...KEY_SERVICE_MIGRATIONS,
  ["ALTER TABLE api_keys ADD COLUMN colour TEXT NOT NULL DEFAULT 'none'", 'CREATE TABLE later (id TEXT)'],
];

it('an upgrade beside a running server of the version before, and the way back', async () => {
  const path = join(temporaryFolder(), 'keys.db');
  const before = await openSqliteDatabase(path, KEY_SERVICE_MIGRATIONS);
  onTestFinished(() => before.close());
  const rules = createKeyRules(createSqlKeyStore(before), settableClock()).as(OWNER);
  const { key } = await rules.create({ name: 'before' }, idempotent());
  let backup = '';
  await writeBackup(before, 0, (lines) => {
    backup += lines;
  });
  const after = await openSqliteDatabase(path, NEXT);
  await after.close();
  // The running server goes on, writes included.
  await rules.create({ name: 'meanwhile' }, idempotent());
  await rules.revoke(key.id);
  expect((await rules.list({})).keys.map(({ name }) => name).sort()).toEqual(['before', 'meanwhile']);
  expect(await codeOf(openSqliteDatabase(path, KEY_SERVICE_MIGRATIONS))).toBe('database_newer');
  const restored = await openSqliteDatabase(join(temporaryFolder(), 'keys.db'), KEY_SERVICE_MIGRATIONS);
  onTestFinished(() => restored.close());
  await restoreBackup(restored, Readable.from(backup.trimEnd().split('\n')));
  const back = createKeyRules(createSqlKeyStore(restored), settableClock()).as(OWNER);
  expect((await back.list({})).keys).toMatchObject([{ name: 'before', status: 'active' }]);
});

it('upgrades only add: no table or column that the version before reads goes away', () => {
  const statements = KEY_SERVICE_MIGRATIONS.flat().flatMap((each) =>
    typeof each === 'string' ? [each] : [...each.sqlite, ...each.postgres],
  );
  expect(statements.filter((sql) => /DROP COLUMN|RENAME COLUMN/.test(sql))).toEqual([]);
});
