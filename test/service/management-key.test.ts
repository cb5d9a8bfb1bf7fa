import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { generateSecret } from '../../src/domain/secret-format.js';
import { ensureManagementKey, recoverManagementKey } from '../../src/service/http/management-key.js';
import { OWNER } from '../../src/service/principal.js';
import { createKeyRules } from '../../src/service/rules.js';
import type { KeyStore } from '../../src/service/store/key-store.js';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { createSqlKeyStore } from '../../src/service/store/sql-key-store.js';
import { openSqliteDatabase } from '../../src/storage/sql/sqlite-database.js';
import { codeOf } from '../contract/key-service.js';
import { settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const clock = settableClock();

async function fresh() {
  const folder = temporaryFolder();
  const open = async (): Promise<KeyStore> => {
    const store = createSqlKeyStore(
      await openSqliteDatabase(join(folder, 'keys.db'), KEY_SERVICE_MIGRATIONS),
    );
    onTestFinished(() => store.close());
    return store;
  };
  const [store, path] = [await open(), join(folder, 'management.key')];
  const start = (on = store) => ensureManagementKey(on, folder, clock);
  const works = async () =>
    (await createKeyRules(store, clock).authenticate(readFileSync(path, 'utf8').trim(), {})).valid;
  const count = async () => (await store.page({ limit: 10 }, clock.now())).rows.length;
  return { folder, path, store, open, start, works, count };
}

it('creates a key at the first start, in a file for its owner alone', async () => {
  const { folder, path, start, works, count } = await fresh();
  expect(await start()).toBe(path);
  expect([await works(), await count(), statSync(path).mode & 0o777]).toEqual([true, 1, 0o600]);
  expect(await start()).toBeNull();
  expect(await count()).toBe(1);
  expect(readdirSync(folder).filter((name) => name.startsWith('management'))).toEqual(['management.key']);
});

it.each([
  ['laptop', 'management key of laptop'],
  ['laptop.example.com', 'management key of laptop'],
  [' \u001b[31mlap\ntop ', 'management key of [31mlap top'],
  ['', 'management key'],
])('names the first key and a recovered one for the machine %j', async (machine, name) => {
  const { folder, path, store } = await fresh();
  await ensureManagementKey(store, folder, clock, { machine });
  renameSync(path, `${path}.lost`);
  await recoverManagementKey(store, folder, clock, machine);
  const { rows } = await store.page({ limit: 10 }, clock.now());
  expect(rows.map((row) => row.name)).toEqual([name, name]);
});

it('takes up a first start that was cut off: an empty file, or a key that the database never got', async () => {
  for (const left of ['', `${generateSecret('sk_live_')}\n`]) {
    const { path, start, works, count } = await fresh();
    writeFileSync(path, left, { mode: 0o600 });
    expect(await start()).toBe(path);
    expect([await works(), await count()]).toEqual([true, 1]);
    if (left !== '') expect(readFileSync(path, 'utf8')).toBe(left);
  }
});

it('makes no second key where the file was moved away', async () => {
  const { path, start, count } = await fresh();
  await start();
  renameSync(path, `${path}.safe`);
  expect(await start()).toBeNull();
  expect([existsSync(path), await count()]).toEqual([false, 1]);
});

it('makes one key where two services start at once', async () => {
  const { start, open, works, count } = await fresh();
  await Promise.all([start(), start(await open()), start(await open())]);
  expect([await works(), await count()]).toEqual([true, 1]);
});

it('leaves what it does not know as it is', async () => {
  const { path, start, count } = await fresh();
  writeFileSync(path, 'notes of mine', { mode: 0o600 });
  expect(await codeOf(start())).toBe('data_unwritable');
  expect([readFileSync(path, 'utf8'), await count()]).toEqual(['notes of mine', 0]);
  const other = await fresh();
  mkdirSync(other.path);
  await expect(other.start()).rejects.toThrow();
  expect(await other.count()).toBe(0);
});

it.each([
  [
    'a file that others can read',
    (path: string) => writeFileSync(path, generateSecret('sk_live_'), { mode: 0o644 }),
  ],
  ['a link', (path: string) => symlinkSync('/dev/zero', path)],
])('does not take a key from %s', async (_, plant) => {
  const { path, start, count } = await fresh();
  plant(path);
  expect(await codeOf(start())).toBe('data_unwritable');
  expect(await count()).toBe(0);
});

it('refuses a given key that cannot manage keys any more, and says why', async () => {
  const { folder, store } = await fresh();
  const given = generateSecret('sk_live_');
  const start = () => ensureManagementKey(store, folder, clock, { managementKey: given });
  expect(await start()).toBeNull();
  expect(await start()).toBeNull();
  const [row] = (await store.page({ limit: 1 }, clock.now())).rows;
  await store.update(row?.id ?? '', { scopes: ['keys:read'] }, { actor: 'owner', at: clock.now() });
  await expect(start()).rejects.toThrow('KEYS_MANAGEMENT_KEY cannot manage keys');
  await store.revoke(row?.id ?? '', { actor: 'owner', at: clock.now() });
  await expect(start()).rejects.toThrow(/KEYS_MANAGEMENT_KEY is revoked \(20.*Z\): key_/);
});

it('recovers a management key where the one in the file was revoked or lost', async () => {
  const { folder, path, store, start, works, count } = await fresh();
  const recover = () => recoverManagementKey(store, folder, clock);
  await start();
  expect(await recover()).toEqual({ path, created: false });
  const [row] = (await store.page({ limit: 1 }, clock.now())).rows;
  await createKeyRules(store, clock)
    .as(OWNER)
    .revoke(row?.id ?? '', { force: true });
  expect([await works(), await start()]).toEqual([false, null]);
  expect(await recover()).toEqual({ path, created: true });
  expect([await works(), await count(), statSync(path).mode & 0o777]).toEqual([true, 2, 0o600]);
  renameSync(path, `${path}.lost`);
  expect(await recover()).toEqual({ path, created: true });
  expect([await works(), await count()]).toEqual([true, 3]);
});
