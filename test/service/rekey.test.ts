import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { signBytes } from '../../src/domain/signatures.js';
import { importDigests } from '../../src/service/import-digests.js';
import { exportKeys, importKeys } from '../../src/service/key-transfer.js';
import { openKeyRules } from '../../src/service/open-rules.js';
import { OWNER } from '../../src/service/principal.js';
import { rekey } from '../../src/service/rekey.js';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { createSqlKeyStore } from '../../src/service/store/sql-key-store.js';
import { openPostgresDatabase } from '../../src/storage/sql/postgres-database.js';
import type { SqlDatabase } from '../../src/storage/sql/sql-database.js';
import { openSqliteDatabase } from '../../src/storage/sql/sqlite-database.js';
import { codeOf, idempotent } from '../contract/key-service.js';
import { testEncryptionKey } from '../support/encryption-key.js';
import { testPostgres } from '../support/postgres.js';
import { settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const { all } = await testPostgres();
const databases: Array<readonly [name: string, open: () => Promise<SqlDatabase>]> = [
  ['SQLite', () => openSqliteDatabase(join(temporaryFolder(), 'keys.db'), KEY_SERVICE_MIGRATIONS)],
  ...all.map((server) => {
    const open = async () =>
      openPostgresDatabase(await server.freshAddress(), KEY_SERVICE_MIGRATIONS, { env: {} });
    return [server.name, open] as const;
  }),
];

const bytes = (byte: number) => Buffer.alloc(32, byte);
const KEYS = { oldKey: bytes(1), newKey: bytes(2) };

async function withPairs(open: () => Promise<SqlDatabase>) {
  const database = await open();
  onTestFinished(() => database.close());
  const [store, clock] = [createSqlKeyStore(database), settableClock()];
  const start = (byte: number, found = true) =>
    openKeyRules(store, clock, { policy: 'tylt', encryptionKey: testEncryptionKey(byte, found) });
  const service = (await start(1)).rules.as(OWNER);
  const pairs: Array<{ api_key: string; secret_key: string }> = [];
  for (const name of ['shop', 'blog', 'bank']) {
    const { credential } = await service.create({ name, service: name, environment: 'demo' }, idempotent());
    pairs.push(credential as { api_key: string; secret_key: string });
  }
  /** Whether each pair's signature is right, by a service that starts now. */
  const verified = async (byte: number) => {
    const { rules } = await start(byte);
    const found = pairs.map(({ api_key, secret_key }) =>
      rules.authenticate(api_key, { signature: signBytes(secret_key, '{}') }),
    );
    return (await Promise.all(found)).map(({ valid }) => valid);
  };
  return { database, start, verified, pairs };
}

describe.each(databases)('another encryption key over %s', (_, open) => {
  it('opens every pair, and the old one none', async () => {
    const { database, start, verified } = await withPairs(open);
    expect(await rekey(database, KEYS)).toEqual({ changed: 3, before: 'old' });
    expect(await verified(2)).toEqual([true, true, true]);
    await expect(start(1)).rejects.toThrow('another one is there');
    expect(await rekey(database, KEYS)).toEqual({ changed: 0, before: 'new' });
  });

  it('goes on where it was interrupted; no server starts before', async () => {
    const { database, start, verified } = await withPairs(open);
    let batches = 0;
    const breaking: SqlDatabase = {
      ...{ all: (...args) => database.all(...args), run: (...args) => database.run(...args) },
      ...{ snapshot: (work) => database.snapshot(work), close: () => database.close() },
      ...{ runAll: (statements) => database.runAll(statements) },
      ...{ eraseDeleted: () => database.eraseDeleted(), requireInPlace: () => database.requireInPlace() },
      now: () => database.now(),
      transaction: async (work) => {
        // The pairs are changed; the end of the change is not written.
        if (++batches > 1) throw new Error('the power fails');
        return await database.transaction(work);
      },
    };
    await expect(rekey(breaking, KEYS)).rejects.toThrow('the power fails');
    await expect(start(1)).rejects.toThrow('the change of the encryption key is not finished');
    await expect(start(2)).rejects.toThrow('the change of the encryption key is not finished');
    await expect(rekey(database, { ...KEYS, newKey: bytes(3) })).rejects.toThrow(
      'another new encryption key',
    );
    expect(await rekey(database, KEYS)).toEqual({ changed: 0, before: 'old' });
    expect(await verified(2)).toEqual([true, true, true]);
  });

  it('beside a running server: pairs get 503 there until it starts again, and none is lost', async () => {
    const { database, start, verified, pairs } = await withPairs(open);
    const { rules } = await start(1);
    const [{ api_key, secret_key } = { api_key: '', secret_key: '' }] = pairs;
    const ask = () => rules.authenticate(api_key, { signature: signBytes(secret_key, '{}') });
    const create = () =>
      rules.as(OWNER).create({ name: 'late', service: 'late', environment: 'demo' }, idempotent());
    expect((await ask()).valid).toBe(true);
    await rekey(database, KEYS);
    await expect(ask()).rejects.toThrow('the encryption key of this database was changed');
    expect(await codeOf(ask())).toBe('unavailable');
    expect(await codeOf(create())).toBe('unavailable');
    // What manages keys is no pair.
    await rules.as(OWNER).create({ name: 'manager', scopes: ['keys:read'] }, idempotent());
    expect(await verified(2)).toEqual([true, true, true]);
  });

  it('also changes a pair that a server was creating when it began', async () => {
    const { database, verified } = await withPairs(open);
    const [row] = await database.all("SELECT sealed_secret_key FROM api_keys WHERE name = 'shop'");
    let added = false;
    const late: SqlDatabase = {
      ...{ run: (...args) => database.run(...args), transaction: (work) => database.transaction(work) },
      ...{ snapshot: (work) => database.snapshot(work), close: () => database.close() },
      ...{ runAll: (statements) => database.runAll(statements) },
      ...{ eraseDeleted: () => database.eraseDeleted(), requireInPlace: () => database.requireInPlace() },
      now: () => database.now(),
      async all(...args) {
        const rows = await database.all(...args);
        // The first pass is over: only now the row of a request that began before is there.
        if (args[0].includes('ORDER BY id LIMIT') && rows.length === 0 && !added) {
          added = true;
          await database.run("UPDATE api_keys SET sealed_secret_key = ? WHERE name = 'shop'", [
            String(row?.['sealed_secret_key']),
          ]);
        }
        return rows;
      },
    };
    expect((await rekey(late, KEYS)).changed).toBe(4);
    expect(await verified(2)).toEqual([true, true, true]);
  });

  it.each(['create', 'roll'] as const)('refuses a %s that began before the change', async (kind) => {
    const { database, verified, pairs } = await withPairs(open);
    let armed = false;
    const slow: SqlDatabase = {
      ...{ all: (...args) => database.all(...args), run: (...args) => database.run(...args) },
      ...{ snapshot: (work) => database.snapshot(work), close: () => database.close() },
      ...{ runAll: (statements) => database.runAll(statements) },
      ...{ eraseDeleted: () => database.eraseDeleted(), requireInPlace: () => database.requireInPlace() },
      now: () => database.now(),
      async transaction(work) {
        // The new pair is encrypted already; it is stored only after the whole change.
        if (armed) {
          armed = false;
          await rekey(database, KEYS);
        }
        return await database.transaction(work);
      },
    };
    const { rules } = await openKeyRules(createSqlKeyStore(slow), settableClock(), {
      policy: 'tylt',
      encryptionKey: testEncryptionKey(1),
    });
    const service = rules.as(OWNER);
    const [shop] = (await service.list({ limit: 10 })).keys.filter(({ name }) => name === 'shop');
    armed = true;
    const late =
      kind === 'create'
        ? service.create({ name: 'late', service: 'late', environment: 'demo' }, idempotent())
        : service.roll(shop?.id ?? '', {}, idempotent());
    expect(await codeOf(late)).toBe('unavailable');
    expect(armed).toBe(false);
    expect(await verified(2)).toEqual([true, true, true]);
    expect(await database.all('SELECT id FROM api_keys')).toHaveLength(pairs.length);
  });

  it('beside imports: digests are refused for pairs at any time, and an export while the key changes', async () => {
    const { database, verified } = await withPairs(open);
    const lines: string[] = [];
    await exportKeys(database, async (text) => void lines.push(...text.trimEnd().split('\n')));
    const by = { actor: OWNER.id, at: Date.now() };
    const digest = JSON.stringify({ name: 'old', digest: '0'.repeat(64), prefix: 'fake_' });
    let seen: unknown[] = [];
    const busy: SqlDatabase = {
      ...{ all: (...args) => database.all(...args), run: (...args) => database.run(...args) },
      ...{ snapshot: (work) => database.snapshot(work), close: () => database.close() },
      ...{ runAll: (statements) => database.runAll(statements) },
      ...{ eraseDeleted: () => database.eraseDeleted(), requireInPlace: () => database.requireInPlace() },
      now: () => database.now(),
      async transaction(work) {
        seen = [
          await codeOf(importDigests(database, Readable.from([digest]), { algorithm: 'sha256', by })),
          await codeOf(importKeys(database, Readable.from(lines), by)),
        ];
        return await database.transaction(work);
      },
    };
    expect(await rekey(busy, KEYS)).toEqual({ changed: 3, before: 'old' });
    expect(seen).toEqual(['unsupported', 'conflict']);
    expect(await verified(2)).toEqual([true, true, true]);
    expect(await database.all("SELECT id FROM api_keys WHERE name = 'old'")).toEqual([]);
    // What was exported before is encrypted under the old key.
    expect(await codeOf(importKeys(database, Readable.from(lines), by))).toBe('conflict');
  });

  it('is refused with an old key that is another, and a start without the key names what it cannot use', async () => {
    const { database, start, verified } = await withPairs(open);
    await expect(rekey(database, { oldKey: bytes(9), newKey: bytes(2) })).rejects.toThrow(
      "not this database's",
    );
    await expect(start(1, false)).rejects.toThrow(
      /none is there: the test; without it these keys cannot be used: ((shop|blog|bank) \(key_\w+\)(, )?){3}$/,
    );
    expect(await verified(1)).toEqual([true, true, true]);
  });
});

it.each(all)('a pair that is not stored yet on $name when the change ends is changed too', async (server) => {
  const address = await server.freshAddress();
  const open = () => openPostgresDatabase(address, KEY_SERVICE_MIGRATIONS, { env: {} });
  const { database, verified, pairs } = await withPairs(open);
  const other = await open();
  onTestFinished(() => other.close());
  let changing: Promise<unknown> = Promise.resolve();
  const slow: SqlDatabase = {
    ...{ all: (...args) => other.all(...args), run: (...args) => other.run(...args) },
    ...{ snapshot: (work) => other.snapshot(work), close: () => other.close() },
    ...{ runAll: (statements) => other.runAll(statements) },
    ...{ eraseDeleted: () => other.eraseDeleted(), requireInPlace: () => other.requireInPlace() },
    now: () => other.now(),
    transaction: (work) =>
      other.transaction(async (session) => {
        const result = await work(session);
        // The row is there, and not visible to the change, which waits for it before it ends.
        changing = rekey(database, KEYS);
        await Promise.race([changing, new Promise((resolve) => setTimeout(resolve, 500))]);
        return result;
      }),
  };
  const { rules } = await openKeyRules(createSqlKeyStore(slow), settableClock(), {
    policy: 'tylt',
    encryptionKey: testEncryptionKey(1),
  });
  const { credential } = await rules
    .as(OWNER)
    .create({ name: 'late', service: 'late', environment: 'demo' }, idempotent());
  pairs.push(credential as { api_key: string; secret_key: string });
  expect(await changing).toEqual({ changed: 4, before: 'old' });
  expect(await verified(2)).toEqual([true, true, true, true]);
});

it.each(all)(
  'an import of pairs on $name that began before the change is never left under the old key',
  async (server) => {
    const address = await server.freshAddress();
    const open = () => openPostgresDatabase(address, KEY_SERVICE_MIGRATIONS, { env: {} });
    const { database, verified } = await withPairs(open);
    const other = await open();
    onTestFinished(() => other.close());
    const lines: string[] = [];
    await exportKeys(database, async (text) => void lines.push(...text.trimEnd().split('\n')));
    await database.run("DELETE FROM api_keys WHERE name = 'bank'");
    let begun = () => {};
    const started = new Promise<void>((resolve) => {
      begun = resolve;
    });
    let go = () => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    /**
     * The settings are read and the keys are added before the transaction waits; they are not visible yet.
     */
    async function* slowly() {
      for (const line of lines) {
        if (line.includes('"action"')) {
          begun();
          await held;
        }
        yield line;
      }
    }
    const importing = importKeys(other, slowly(), { actor: OWNER.id, at: Date.now() }).catch(() => null);
    await started;
    const changing = rekey(database, KEYS).catch(() => null);
    await Promise.race([changing, new Promise((resolve) => setTimeout(resolve, 500))]);
    go();
    const [imported, changed] = [await importing, await changing];
    if (changed === null) await rekey(database, KEYS);
    expect(await verified(2)).toEqual([true, true, imported !== null]);
  },
);
