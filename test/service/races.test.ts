import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { OWNER } from '../../src/service/principal.js';
import { createKeyRules } from '../../src/service/rules.js';
import type { KeyStore } from '../../src/service/store/key-store.js';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { createSqlKeyStore } from '../../src/service/store/sql-key-store.js';
import { openSqliteDatabase } from '../../src/storage/sql/sqlite-database.js';
import { sqliteFailure } from '../../src/storage/sql/sqlite-failure.js';
import { codeOf, idempotent, secretOf } from '../contract/key-service.js';
import { HOUR, settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { underWay } from '../support/under-way.js';

/**
 * Two programs on one database; `first` does its work between the second's reading of a key and its writing.
 */
async function twoPrograms() {
  const [path, clock] = [join(temporaryFolder(), 'keys.db'), settableClock()];
  const stores = [
    await openSqliteDatabase(path, KEY_SERVICE_MIGRATIONS),
    await openSqliteDatabase(path, KEY_SERVICE_MIGRATIONS),
  ].map(createSqlKeyStore);
  onTestFinished(async () => {
    for (const store of stores) await store.close();
  });
  const [one, two] = stores as [KeyStore, KeyStore];
  const first = createKeyRules(one, clock).as(OWNER);
  const between = (work: () => Promise<unknown>) => {
    const slow: KeyStore = {
      ...two,
      async update(...change) {
        await work();
        return await two.update(...change);
      },
    };
    return createKeyRules(slow, clock).as(OWNER);
  };
  return { clock, first, between };
}

it('a roll that comes in while a key is updated keeps its grace', async () => {
  const { clock, first, between } = await twoPrograms();
  const created = await first.create({ name: 'ci' }, idempotent());
  const second = between(() => first.roll(created.key.id, { grace_seconds: 60 }, idempotent()));
  const longer = second.update(created.key.id, { expires_at: '2099-01-01T00:00:00Z' });
  expect(await codeOf(longer)).toBe('conflict');
  clock.advance(HOUR);
  expect(await first.verify({ key: secretOf(created) })).toMatchObject({ valid: false, reason: 'expired' });
});

it('a revocation that comes in while a key is updated stands, and says so', async () => {
  const { first, between } = await twoPrograms();
  const created = await first.create({ name: 'ci' }, idempotent());
  const second = between(() => first.revoke(created.key.id));
  expect(await codeOf(second.update(created.key.id, { name: 'other' }))).toBe('conflict');
  expect(await first.get(created.key.id)).toMatchObject({ name: 'ci', status: 'revoked' });
});

it.each(['this thread', 'a thread of its own'])(
  'creates at once with one idempotency key make one key and one event, written in %s',
  async (thread) => {
    const writerThread = new URL('../../dist/sqlite/sqlite-writer-thread.cjs', import.meta.url);
    const path = join(temporaryFolder(), 'keys.db');
    const own = thread === 'a thread of its own' ? { writerThread } : {};
    const store = createSqlKeyStore(await openSqliteDatabase(path, KEY_SERVICE_MIGRATIONS, own));
    onTestFinished(() => store.close());
    const service = createKeyRules(store, settableClock()).as(OWNER);
    const once = idempotent();
    const others = underWay(
      Array.from({ length: 5 }, (_, i) => service.create({ name: `other ${i}` }, idempotent())),
    );
    const all = await Promise.all(Array.from({ length: 30 }, () => service.create({ name: 'ci' }, once)));
    await Promise.all(others);
    expect(new Set(all.map(secretOf)).size).toBe(1);
    expect((await service.list({ name: 'ci' })).keys).toHaveLength(1);
    expect((await service.list({})).keys).toHaveLength(6);
    expect((await service.events({ limit: 100 })).events.map(({ action }) => action)).toEqual(
      Array(6).fill('created'),
    );
  },
);

it('a full disk is named, wherever it is met', () => {
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  expect(sqliteFailure(full, 'management.key')).toMatchObject({ code: 'disk_full' });
});
