import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Key } from '../../src/domain/key.js';
import { openLedger } from '../../src/storage/ledger/ledger.js';
import { LEDGER_MIGRATIONS } from '../../src/storage/ledger/migrations.js';
import { openSqliteDatabase } from '../../src/storage/sql/sqlite-database.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const ADDRESS = { provider: 'keys', address: 'embedded' };

/**
 * A ledger as the version before wrote it: a rolled key, its successor, and a roll that waits for the old
 * key's end.
 */
async function olderLedger(): Promise<string> {
  const folder = temporaryFolder();
  const database = await openSqliteDatabase(join(folder, 'ledger.db'), LEDGER_MIGRATIONS.slice(0, 1));
  const row = async (record: Key, item: string | null, at: number) => {
    await database.run(
      'INSERT INTO known_keys (provider, place, id, record, secret_item, base_url, roll_by, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      ['keys', 'embedded', record.id, JSON.stringify(record), item, null, null, at],
    );
  };
  await row({ id: 'key_old', name: 'web', status: 'active' }, 'saved:op_1', 1);
  await row({ id: 'key_new', name: 'web', status: 'active', rolled_from: 'key_old' }, 'saved:op_2', 2);
  await row({ id: 'key_dead', name: 'gone', status: 'revoked' }, null, 3);
  const operation = {
    ...{ id: 'op_2', kind: 'roll', place: 'embedded', idempotencyKey: 'x', idempotent: true, verify: true },
    target: { provider: 'keys', profile: null, baseUrl: null, set: {}, useEnvironmentKey: false },
    request: { create: { name: 'web' } },
    key: { id: 'key_new', name: 'web' },
    previous: { id: 'key_old', name: 'web' },
    escrow: null,
    deliveries: [
      { plan: { kind: 'exec', command: 'true', directory: '/' }, label: 'command true', delivered: true },
    ],
    retire: { id: 'key_old', name: 'web', at: 5 },
    step: 'minted',
    created_at: 4,
  };
  await database.run('INSERT INTO operations (id, body, owner, created_at) VALUES (?, ?, ?, ?)', [
    ...['op_2', JSON.stringify(operation), 4711, 4],
  ]);
  await database.close();
  return folder;
}

it('makes managed keys of a ledger of the version before, and drops nothing', async () => {
  const ledger = await openLedger(await olderLedger());
  onTestFinished(() => ledger.close());
  const keys = await ledger.managed.all();
  expect(
    keys.map(({ name, versions }) => [name, versions.map(({ id, state }) => `${id} ${state}`)]).sort(),
  ).toEqual([
    ['gone', ['key_dead revoked']],
    ['web', ['key_new active', 'key_old retiring']],
  ]);
  const web = await ledger.managed.byVersion(ADDRESS, 'key_old');
  expect(web?.places).toMatchObject([
    {
      id: 'keychain',
      spec: { kind: 'keychain', target: { item: 'saved:op_2' } },
      delivered: { id: 'key_new' },
    },
  ]);
  expect((await ledger.keys()).map(({ key }) => key.id).sort()).toEqual(['key_dead', 'key_new', 'key_old']);
  expect(await ledger.operations()).toMatchObject([
    {
      id: 'op_2',
      step: 'created',
      name: 'web',
      retire: { id: 'key_old', at: 5 },
      deliveries: [{ delivered: true }],
    },
  ]);
});

it('finds the keys of a place in a ledger of the version before', async () => {
  const folder = await olderLedger();
  const first = await openLedger(folder);
  for (const table of ['managed_places', 'operation_keys'])
    await first.database.run(`DROP TABLE ${table}`, []);
  await first.database.run('DROP INDEX known_keys_id', []);
  await first.database.run('PRAGMA user_version = 4', []);
  await first.close();
  const ledger = await openLedger(folder);
  onTestFinished(() => ledger.close());
  const place = { id: 'keychain', label: '', spec: {} };
  expect((await ledger.managed.byPlace(place)).map(({ name }) => name)).toEqual(['web']);
});

it('finds the operations of a key in a ledger of the version before, and drops none', async () => {
  const folder = await olderLedger();
  const first = await openLedger(folder);
  const [older] = await first.operations();
  if (older === undefined) throw new Error('it is there');
  // Written as a person typed it, with a combining accent.
  const other = { ...older, id: 'op_3', kind: 'create', name: 'cafe\u0301', managed: 'mk_cafe', key: null };
  const { address: place, ...create } = other;
  const insert = 'INSERT INTO operations (id, body, created_at) VALUES (?, ?, ?)';
  await first.database.run(insert, [
    'op_3',
    JSON.stringify({ ...create, place, retire: null, previous: null }),
    5,
  ]);
  const before = await first.operations();
  await first.database.run('DROP TABLE operation_keys', []);
  await first.database.run('DROP INDEX known_keys_id', []);
  await first.database.run('PRAGMA user_version = 5', []);
  await first.close();
  const ledger = await openLedger(folder);
  onTestFinished(() => ledger.close());
  expect(await ledger.operations()).toEqual(before);
  const found = async (...refs: string[]) => (await ledger.operationsOf(refs)).map(({ id }) => id);
  for (const ref of ['of op_2', 'key_new', 'key_old', 'web']) expect(await found(ref), ref).toEqual(['op_2']);
  for (const ref of ['mk_cafe', 'caf\u00e9']) expect(await found(ref), ref).toEqual(['op_3']);
  expect(await found('caf\u00e9', 'web', 'key_new', 'op_2', 'nobody')).toEqual(['op_2', 'op_3']);
  const many = Array.from({ length: 1_000 }, (_, index) => `key_${index}`);
  expect(await found(...many, 'web')).toEqual(['op_2']);
  await ledger.endOperation('op_2');
  expect([await found('web'), await ledger.operation('op_2')]).toEqual([[], null]);
  expect(await ledger.operation('op_3')).toMatchObject({ name: 'cafe\u0301' });
});

it('opens the same ledger again without changing it', async () => {
  const folder = await olderLedger();
  const first = await openLedger(folder);
  const before = await first.managed.all();
  await first.close();
  const second = await openLedger(folder);
  onTestFinished(() => second.close());
  expect(await second.managed.all()).toEqual(before);
});

it('leaves the new key of an operation to the program that creates it', async () => {
  const folder = await olderLedger();
  const ledger = await openLedger(folder);
  onTestFinished(() => ledger.close());
  const [older] = await ledger.operations();
  const [web] = await ledger.managed.all();
  if (older === undefined || web === undefined) throw new Error('they are there');
  const managed = { ...web, id: 'mk_fresh', name: 'fresh', versions: [] };
  const held = await ledger
    .leases({ now: () => 6 })
    .take(managed.id, { machine: 'here', pid: 1 }, () => false);
  if (!held.taken) throw new Error('a free lease is taken');
  await ledger.saveOperation(
    { ...older, id: 'op_3', kind: 'create', name: 'fresh', managed: managed.id, key: null },
    held.lease,
  );
  const key: Key = { id: 'key_fresh', name: 'fresh', status: 'active' };
  const entry = { provider: 'keys', address: 'embedded', key, digests: [], secret_item: null };
  await ledger.put({ ...entry, base_url: null, roll_by: null }, 6);
  // Another program starts between the two writes.
  await (await openLedger(folder)).close();
  expect(await ledger.managed.byVersion(ADDRESS, 'key_fresh')).toBeNull();
  const version = { id: key.id, generation: 1, record: key, state: 'pending', ends_at: null } as const;
  await ledger.managed.save({ ...managed, versions: [version] }, null);
  expect(await ledger.managed.byVersion(ADDRESS, 'key_fresh')).toMatchObject({ id: 'mk_fresh' });
});

it('lets one program at a time touch a key, and takes over what a dead one held', async () => {
  const ledger = await openLedger(await olderLedger());
  onTestFinished(() => ledger.close());
  let now = 1_000_000;
  const leases = ledger.leases({ now: () => now });
  const me = { machine: 'here', pid: 1 };
  const other = { machine: 'there', pid: 2 };
  const never = () => false;
  const first = await leases.take('mk_1', me, never);
  if (!first.taken) throw new Error('a free lease is taken');
  expect(await leases.take('mk_1', other, never)).toMatchObject({ taken: false, holder: me });
  // A reused process id hides nothing for longer than the lease.
  now += 10 * 60_000;
  const second = await leases.take('mk_1', other, never);
  expect(second).toMatchObject({ taken: true, lease: { generation: 2 } });
  expect(await leases.renew(first.lease)).toBe(false);
  const [operation] = await ledger.operations();
  if (operation === undefined) throw new Error('the operation is there');
  await expect(ledger.saveOperation(operation, first.lease)).rejects.toMatchObject({ code: 'conflict' });
  expect(await leases.take('mk_1', me, ({ pid }) => pid === 2)).toMatchObject({ taken: true });
});

it('keeps one name for one key of an account', async () => {
  const ledger = await openLedger(await olderLedger());
  onTestFinished(() => ledger.close());
  const [one, two] = await ledger.managed.all();
  if (one === undefined || two === undefined) throw new Error('two keys are there');
  await expect(ledger.managed.save({ ...two, name: one.name }, null)).rejects.toMatchObject({
    code: 'conflict',
  });
  const decomposed = { ...one.account, context: {} };
  await ledger.managed.save({ ...one, name: 'caf\u00e9' }, null);
  expect((await ledger.managed.byName(decomposed, 'cafe\u0301'))?.id).toBe(one.id);
});

it('seals a secret for its operation and account alone', async () => {
  const ledger = await openLedger(await olderLedger());
  onTestFinished(() => ledger.close());
  const clock = { now: () => 1 };
  const escrow = ledger.escrow(Buffer.alloc(32, 7), clock);
  await escrow.save('op_1', 'embedded', { secret: 'not-a-real-secret' });
  expect(await escrow.read('op_1', 'embedded')).toEqual({ secret: 'not-a-real-secret' });
  await expect(escrow.read('op_1', 'elsewhere')).rejects.toMatchObject({ code: 'refused' });
  await expect(ledger.escrow(Buffer.alloc(32, 8), clock).read('op_1', 'embedded')).rejects.toMatchObject({
    code: 'refused',
  });
  await escrow.remove('op_1');
  await expect(escrow.read('op_1', 'embedded')).rejects.toMatchObject({ code: 'not_found' });
});

it('moves the keys of an address to another provider, but none with an unfinished operation or a name that is taken', async () => {
  const ledger = await openLedger(await olderLedger());
  onTestFinished(() => ledger.close());
  const put = async (provider: string, id: string, name: string) => {
    const key: Key = { id, name, status: 'active' };
    const rest = { digests: [`digest of ${id}`], secret_item: null, base_url: null, roll_by: null };
    await ledger.put({ provider, address: 'embedded', key, ...rest }, 9);
  };
  await put('keys', 'key_free', 'free');
  await put('keys', 'key_other', 'same');
  await put('swiftsell', 'key_same', 'same');
  await ledger.takeInKnownKeys();
  const move = { address: 'embedded', from: ['keys', 'swiftsell'], to: 'swiftsell' };
  // The revoked key moves with the free one; `web` waits for its old key's end.
  expect(await ledger.moveAccount(move)).toBe(2);
  const all = await ledger.managed.all();
  expect(all.map(({ name, account }) => `${name} ${account.provider}`).sort()).toEqual([
    ...['free swiftsell', 'gone swiftsell', 'same keys', 'same swiftsell', 'web keys'],
  ]);
  expect(await ledger.byDigest('digest of key_free')).toMatchObject({ provider: 'swiftsell' });
  expect(await ledger.moveAccount(move)).toBe(0);
});
