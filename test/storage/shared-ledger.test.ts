import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ManagedKey } from '../../src/domain/managed-key.js';
import { type Ledger, openLedger } from '../../src/storage/ledger/ledger.js';
import { NO_SCHEDULE } from '../../src/storage/ledger/managed-keys.js';
import { moveLedger } from '../../src/storage/ledger/move-ledger.js';
import { moveOf } from '../../src/storage/ledger/moved.js';
import type { Operation } from '../../src/storage/ledger/operation.js';
import type { LEDGER_TABLES } from '../../src/storage/ledger/rows.js';
import { openSharedLedger } from '../../src/storage/ledger/shared-ledger.js';
import { queryPostgres, testPostgres } from '../support/postgres.js';
import { HOUR, settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const { own } = await testPostgres({ onTestClock: true });

const KEY = randomBytes(32);
const clock = settableClock();

/** The same ledger as one of the team's machines sees it. */
async function machine(address: string, name: string, { key = KEY as Uint8Array, moved = false } = {}) {
  const env = { KEYS_LEDGER_KEY: Buffer.from(key).toString('base64'), KEYS_MACHINE: name };
  return closing(await openSharedLedger(address, { env, clock, moved }));
}

async function local(folder = temporaryFolder(), moved = false) {
  return closing(await openLedger(folder, { moved }));
}

function closing(ledger: Ledger): Ledger {
  onTestFinished(() => ledger.close());
  return ledger;
}

const FILE = { kind: 'file', target: { path: '/srv/.env' }, names: ['WEB'], address: 'file:/srv/.env#WEB' };
const VAULT = {
  kind: 'vault',
  target: { path: 'secret/web' },
  names: ['web'],
  address: 'vault:secret/web#web',
};

function managedKey(name: string, address = 'https://vendor.example'): ManagedKey {
  const id = `id ${name}`;
  const delivered = { id, generation: 1, at: 7 };
  return {
    id: `mk_${name}`,
    account: { provider: 'resend', address, context: { team: 'a' } },
    name,
    rights: { scopes: ['send'] },
    schedule: NO_SCHEDULE,
    places: [
      { id: FILE.address, label: FILE.address, spec: FILE, delivered },
      { id: VAULT.address, label: VAULT.address, spec: VAULT, delivered: null },
    ],
    variable: 'WEB',
    versions: [{ id, generation: 1, record: { id, name, status: 'active' }, state: 'active', ends_at: null }],
    created_at: 5,
  };
}

const stepOf = (key: ManagedKey, escrow: string | null): Operation => ({
  id: `op_${key.name}`,
  kind: 'create',
  managed: key.id,
  draft: key,
  name: key.name,
  target: {
    provider: 'resend',
    profile: 'mail',
    baseUrl: key.account.address,
    set: {},
    useEnvironmentKey: false,
  },
  address: key.account.address,
  idempotencyKey: 'fake',
  idempotent: false,
  inPlace: false,
  revokeFirst: false,
  request: { create: { name: key.name } },
  key: null,
  previous: null,
  escrow,
  deliveries: key.places.map(({ delivered: _, ...place }) => ({ place, remembered: true, delivered: false })),
  verify: false,
  retire: null,
  census: null,
  absent_since: null,
  step: 'sent',
  created_at: 6,
});

const BOTH = ['op_shop', 'op_web'];
const HOLDER = { machine: 'elsewhere', pid: 1 };
const nobodyIsGone = () => false;

/** `operation`: the create of the key is not finished. */
async function add(
  ledger: Ledger,
  key: ManagedKey,
  { escrow = null as string | null, operation = true } = {},
): Promise<void> {
  const taken = await ledger.leases(clock).take(key.id, HOLDER, nobodyIsGone);
  if (!taken.taken) throw new Error('nobody else has this key');
  for (const { record } of key.versions) {
    const { provider, address } = key.account;
    const more = { digests: [`digest of ${record.id}`], secret_item: null, base_url: null, roll_by: 9 };
    await ledger.put({ provider, address, key: record, ...more }, 8);
  }
  await ledger.managed.save(key, taken.lease);
  if (operation) await ledger.saveOperation(stepOf(key, escrow), taken.lease);
  await ledger.leases(clock).release(taken.lease);
}

/** A key of this name whose one version has this id and state. */
function keyOf(version: string, state: 'active' | 'revoked', name = 'web'): ManagedKey {
  const key = managedKey(name);
  const record = { id: version, name, status: state } as const;
  return {
    ...{ ...key, id: `mk_${version}`, places: [] },
    versions: [{ id: version, generation: 1, record, state, ends_at: null }],
  };
}

/** Everything that commands read. */
const contentOf = async (ledger: Ledger) => ({
  keys: (await ledger.keys()).sort((a, b) => (a.key.id < b.key.id ? -1 : 1)),
  managed: (await ledger.managed.all()).sort((a, b) => (a.id < b.id ? -1 : 1)),
  operations: (await ledger.operations()).sort((a, b) => (a.id < b.id ? -1 : 1)),
});

const move = (from: Ledger, to: Ledger, name: string, kept = new Map<string, string>()) =>
  moveLedger(from, to, {
    to: name,
    key: KEY,
    clock,
    isGone: nobodyIsGone,
    keptHere: async (item) => {
      const secret = kept.get(item);
      return secret === undefined ? null : { secret };
    },
  });

describe.skipIf(own === null)('a ledger in PostgreSQL', () => {
  const server = own as NonNullable<typeof own>;

  /** What somebody with access to the database can do without the key. */
  const tamper = queryPostgres;

  it('shows each machine the same keys, and says of each local place whose it is', async () => {
    const address = await server.freshAddress();
    const [desk, laptop] = [await machine(address, 'desk'), await machine(address, 'laptop')];
    const key = managedKey('web');
    await add(desk, key);
    expect(await desk.managed.all()).toEqual([key]);
    expect((await desk.operations())[0]?.deliveries.map(({ place }) => place.id)).toEqual([
      FILE.address,
      VAULT.address,
    ]);
    // A file is one machine's own.
    const waiting = async (ledger: Ledger) =>
      await Promise.all(key.places.map(async (place) => (await ledger.operationsTo(place)).length));
    expect([await waiting(desk), await waiting(laptop)]).toEqual([
      [1, 1],
      [0, 1],
    ]);
    const [seen] = await laptop.managed.all();
    const on = expect.stringMatching(/.@desk$/);
    expect(seen?.places).toEqual([
      { ...key.places[0], id: expect.stringMatching(/ on .+@desk$/), label: on, spec: { ...FILE, on } },
      key.places[1],
    ]);
    expect((await laptop.operations())[0]?.deliveries[0]?.place.spec).toEqual({ ...FILE, on });
    // What one machine writes of a key leaves the other's place as it is.
    if (seen !== undefined) await laptop.managed.save({ ...seen, variable: 'OTHER' }, null);
    expect(await desk.managed.all()).toEqual([{ ...key, variable: 'OTHER' }]);
    expect((await laptop.byDigest('digest of id web'))?.key.name).toBe('web');
  });

  it('finds the keys of a place, for each machine its own, also of the version before and after a move', async () => {
    const address = await server.freshAddress();
    const desk = await machine(address, 'desk');
    const laptop = await machine(address, 'laptop');
    await add(desk, managedKey('web'));
    await add(laptop, managedKey('shop'));
    const found = async (ledger: Ledger) =>
      (
        await Promise.all(
          managedKey('').places.map(async (place) =>
            (await ledger.managed.byPlace(place)).map(({ name }) => name).sort(),
          ),
        )
      ).flat();
    expect([await found(desk), await found(laptop)]).toEqual([
      ['web', 'shop', 'web'],
      ['shop', 'shop', 'web'],
    ]);
    const pending = async (ledger: Ledger) =>
      (await ledger.operationsOf(['mk_web', 'shop', 'mk_gone'])).map(({ id }) => id).sort();
    expect([await pending(desk), await pending(laptop)]).toEqual([BOTH, BOTH]);
    // As the versions before the index of places, and before that of operations, left it.
    await tamper(
      ...[address, 'DROP TABLE managed_places', 'DROP TABLE operation_keys', 'DROP INDEX known_keys_id'],
      'UPDATE keys_ledger_schema SET version = 4',
    );
    const older = await machine(address, 'desk');
    expect([await found(older), await pending(older)]).toEqual([['web', 'shop', 'web'], BOTH]);
    const moved = await local();
    await move(desk, moved, 'here');
    expect([await found(moved), await pending(moved)]).toEqual([['web', 'shop', 'web'], BOTH]);
  });

  it('gives a key its id and notes its status for each machine, and signs what it has written', async () => {
    const address = await server.freshAddress();
    const [desk, laptop] = [await machine(address, 'desk'), await machine(address, 'laptop')];
    const key = managedKey('web');
    for (const each of [key, managedKey('shop')]) await add(desk, each);
    const { account } = key;
    const found = { id: 'k1', name: 'web', status: 'active' } as const;
    await laptop.replaceId(account, 'id web', found);
    expect((await desk.find(account, 'k1'))?.key).toEqual(found);
    expect(await desk.find(account, 'id web')).toBeNull();
    expect((await desk.byDigest('digest of id web'))?.key.id).toBe('k1');
    expect((await desk.byDigest('digest of id shop'))?.key.id).toBe('id shop');
    await desk.noteStatus(account, 'k1', 'revoked');
    expect((await laptop.find(account, 'k1'))?.key).toEqual({ ...found, status: 'revoked' });
    expect((await laptop.find(account, 'id shop'))?.key.status).toBe('active');
    await laptop.noteStatus(account, 'k1', 'active');
    expect((await desk.byDigest('digest of id web'))?.key.status).toBe('active');
    // A key that the ledger does not know stays unknown.
    await laptop.replaceId(account, 'id gone', { ...found, id: 'k9' });
    await laptop.noteStatus(account, 'id gone', 'revoked');
    expect((await desk.keys()).map((one) => one.key.id).sort()).toEqual(['id shop', 'k1']);
  });

  it('takes the embedded services of two machines for two accounts', async () => {
    const address = await server.freshAddress();
    const [desk, laptop] = [await machine(address, 'desk'), await machine(address, 'laptop')];
    await add(desk, managedKey('web', 'embedded'));
    const other = { ...managedKey('web', 'embedded'), id: 'mk_other' };
    await add(laptop, other);
    const account = { provider: 'resend', address: 'embedded', context: {} };
    expect((await desk.managed.byName(account, 'web'))?.id).toBe('mk_web');
    expect((await laptop.managed.byName(account, 'web'))?.id).toBe('mk_other');
    expect((await laptop.managed.byVersion(account, 'id web'))?.id).toBe('mk_other');
    expect((await desk.keys({ address: 'embedded' })).length).toBe(1);
    expect((await desk.managed.all()).map((key) => key.account.address).sort()).toEqual([
      'embedded',
      expect.stringMatching(/^embedded on .+@laptop$/),
    ]);
  });

  it('refuses every row that was changed without the key, or that is of another ledger', async () => {
    const addresses = [await server.freshAddress(), await server.freshAddress()] as const;
    const [ours, theirs] = [await machine(addresses[0], 'desk'), await machine(addresses[1], 'desk')];
    for (const ledger of [ours, theirs]) await add(ledger, managedKey('web'));
    const changes: Readonly<Record<keyof typeof LEDGER_TABLES, string>> = {
      managed_keys: "body = REPLACE(body, '/srv/.env', '/tmp/theirs')",
      operations: "body = REPLACE(body, 'vendor.example', 'attacker.example')",
      known_keys: "state = 'revoked'",
      known_digests: "id = 'other'",
    };
    const read = {
      managed_keys: (ledger: Ledger) => ledger.managed.all(),
      operations: (ledger: Ledger) => ledger.operations(),
      known_keys: (ledger: Ledger) => ledger.managed.all(),
      known_digests: (ledger: Ledger) => ledger.byDigest('digest of id web'),
    };
    const schema = (address: string) => new URL(address).searchParams.get('options')?.split('=')[1];
    for (const table of Object.keys(changes) as Array<keyof typeof changes>) {
      await tamper(
        addresses[0],
        `CREATE TABLE kept AS SELECT * FROM ${table}`,
        `UPDATE ${table} SET ${changes[table]}`,
      );
      await expect(read[table](ours)).rejects.toMatchObject({ code: 'refused' });
      // Nor is such a row made good by a change of ours.
      if (table === 'managed_keys')
        await expect(ours.managed.save(managedKey('web'), null)).rejects.toThrow('KEYS_LEDGER_KEY');
      await tamper(addresses[0], `DELETE FROM ${table}`, `INSERT INTO ${table} SELECT * FROM kept`);
      await read[table](ours);
      await tamper(
        addresses[0],
        `DELETE FROM ${table}`,
        `INSERT INTO ${table} SELECT * FROM ${schema(addresses[1])}.${table}`,
      );
      await expect(read[table](ours)).rejects.toMatchObject({ code: 'refused' });
      await tamper(
        addresses[0],
        `DELETE FROM ${table}`,
        `INSERT INTO ${table} SELECT * FROM kept`,
        'DROP TABLE kept',
      );
    }
  });

  it('needs the key of the team', async () => {
    const address = await server.freshAddress();
    await machine(address, 'desk');
    await expect(openSharedLedger(address, { env: {}, clock })).rejects.toMatchObject({
      code: 'usage',
      message: 'a shared ledger needs KEYS_LEDGER_KEY',
    });
    await expect(machine(address, 'desk', { key: randomBytes(32) })).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(
        /^KEYS_LEDGER_KEY is not the key of the ledger at postgres:\/\/[^:]+@127/,
      ),
      hint: expect.stringMatching(
        /@desk created this ledger at .+ with the key [0-9a-f]{8}, and yours is [0-9a-f]{8}/,
      ),
    });
  });

  it('keeps a pending secret that only this ledger can open', async () => {
    const address = await server.freshAddress();
    const [desk, laptop] = [await machine(address, 'desk'), await machine(address, 'laptop')];
    await desk.escrow(KEY, clock).save('op_1', 'https://vendor.example', { secret: 'fake-secret' });
    expect(await laptop.escrow(KEY, clock).read('op_1', 'https://vendor.example')).toEqual({
      secret: 'fake-secret',
    });
    await expect(laptop.escrow(KEY, clock).read('op_1', 'https://other.example')).rejects.toThrow(
      'does not open',
    );
    const [row] = await desk.database.all('SELECT sealed FROM escrow');
    expect(Buffer.from(String(row?.['sealed']), 'base64url').toString('latin1')).not.toContain('fake-secret');
  });

  it('measures leases by the clock of the database, and how far this machine is off', async () => {
    const address = await server.freshAddress();
    const [desk, laptop] = [await machine(address, 'desk'), await machine(address, 'laptop')];
    const ahead = { now: () => clock.now() + 2 * HOUR };
    expect((await desk.leases(clock).take('mk_1', HOLDER, nobodyIsGone)).taken).toBe(true);
    expect(
      await laptop.leases(ahead).take('mk_1', { machine: 'laptop', pid: 2 }, nobodyIsGone),
    ).toMatchObject({
      taken: false,
      holder: HOLDER,
    });
    const env = { KEYS_LEDGER_KEY: KEY.toString('base64') };
    const late = closing(
      await openSharedLedger(address, { env, clock: { now: () => Date.now() - 2 * HOUR } }),
    );
    expect(Math.round((late.shared?.ahead_ms ?? 0) / HOUR)).toBe(-2);
  });

  it('receives 10,000 keys from SQLite and gives them back, and loses nothing', async () => {
    const folder = temporaryFolder();
    const before = await local(folder);
    await fill(before, 10_000);
    await add(before, managedKey('pending'), { escrow: 'ledger' });
    await before.escrow(KEY, clock).save('op_pending', 'https://vendor.example', { secret: 'fake-one' });
    const content = await contentOf(before);
    const address = await server.freshAddress();
    const desk = await machine(address, 'desk');
    expect(await move(before, desk, 'postgres://there')).toEqual({
      keys: 10_001,
      operations: 1,
      sealed: 1,
      renamed: [],
    });
    expect(isDeepStrictEqual(await contentOf(desk), content)).toBe(true);
    expect(await desk.escrow(KEY, clock).read('op_pending', 'https://vendor.example')).toEqual({
      secret: 'fake-one',
    });
    await expect(local(folder)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/^this ledger was moved to postgres:\/\/there at /),
      next: 'follow_ledger',
    });
    // A program that had opened it before can begin nothing there any more.
    await expect(before.leases(clock).take('mk_1', HOLDER, nobodyIsGone)).rejects.toThrow('was moved to');
    const back = await local(folder, true);
    expect(await move(desk, back, 'SQLite of desk')).toEqual({
      keys: 10_001,
      operations: 1,
      sealed: 1,
      renamed: [],
    });
    expect(isDeepStrictEqual(await contentOf(await local(folder)), content)).toBe(true);
    expect(await back.escrow(KEY, clock).read('op_pending', 'https://vendor.example')).toEqual({
      secret: 'fake-one',
    });
    await expect(machine(address, 'laptop')).rejects.toThrow('was moved to SQLite of desk');
  }, 300_000);

  it('takes pending secrets out of the keychain of the machine that moves', async () => {
    const before = await local();
    await add(before, managedKey('web'), { escrow: 'escrow:op_web' });
    const desk = await machine(await server.freshAddress(), 'desk');
    await move(before, desk, 'there', new Map([['escrow:op_web', 'fake-kept']]));
    expect((await desk.operations())[0]?.escrow).toBe('ledger');
    expect(await desk.escrow(KEY, clock).read('op_web', 'https://vendor.example')).toEqual({
      secret: 'fake-kept',
    });
  });

  it('receives the ledgers of several machines, and none with a key that it has', async () => {
    const address = await server.freshAddress();
    const [desk, laptop] = [await machine(address, 'desk'), await machine(address, 'laptop')];
    const [first, second, third] = [await local(), await local(), await local()];
    await add(first, managedKey('web'));
    await add(second, managedKey('shop'));
    await add(third, managedKey('web'));
    await move(first, desk, 'there');
    await move(second, laptop, 'there');
    expect((await desk.managed.all()).map(({ name }) => name).sort()).toEqual(['shop', 'web']);
    await expect(move(third, laptop, 'there')).rejects.toMatchObject({ code: 'conflict' });
    expect((await third.leases(clock).take('mk_web', HOLDER, nobodyIsGone)).taken).toBe(true);
    expect((await contentOf(desk)).managed).toHaveLength(2);
  });

  it('says what both ledgers have, and what helps', async () => {
    const desk = await machine(await server.freshAddress(), 'desk');
    const first = await local();
    await add(first, keyOf('id web', 'active'));
    await move(first, desk, 'there');
    const { id, ...imported } = keyOf('id web', 'active', 'mine');
    for (const [key, message, hint] of [
      [
        { ...imported, id, versions: [] },
        'both ledgers have mine: one of them is a copy of the other',
        'newer',
      ],
      [{ ...imported, id: 'mk_mine' }, 'both ledgers have the key mine (id web)', 'add the places'],
      [keyOf('id second', 'active'), 'both ledgers have a key web that works', 'rename one'],
    ] as const) {
      const other = await local();
      await add(other, key, { operation: false });
      await expect(move(other, desk, 'there')).rejects.toMatchObject({
        ...{ code: 'conflict', message, hint: expect.stringContaining(hint) },
      });
      expect((await desk.managed.all()).map(({ name }) => name)).toEqual(['web']);
      expect(await moveOf(other.database)).toBeNull();
    }
  });

  it.each([
    ['active', 'revoked', { web: 'a', 'web (ended)': 'b' }],
    ['revoked', 'active', { web: 'b', 'web (ended)': 'a' }],
    ['revoked', 'revoked', { web: 'a', 'web (ended)': 'b' }],
  ] as const)('keeps both keys of a name where one is %s and the other %s', async (one, two, expected) => {
    const desk = await machine(await server.freshAddress(), 'desk');
    const [first, second] = [await local(), await local()];
    await add(first, keyOf('a', one), { operation: false });
    await add(second, keyOf('b', two), { operation: false });
    await move(first, desk, 'there');
    const { renamed } = await move(second, desk, 'there');
    expect(renamed).toEqual([{ name: 'web', now: 'web (ended)' }]);
    const kept = (await desk.managed.all()).map(({ name, versions }) => [name, versions[0]?.id]);
    expect(Object.fromEntries(kept)).toEqual(expected);
  });

  it('refuses two keys of a name where the one that has ended has something unfinished', async () => {
    const desk = await machine(await server.freshAddress(), 'desk');
    const [first, second] = [await local(), await local()];
    await add(first, keyOf('a', 'active'), { operation: false });
    await add(second, keyOf('b', 'revoked'));
    await move(first, desk, 'there');
    await expect(move(second, desk, 'there')).rejects.toMatchObject({ code: 'conflict' });
  });

  it('finishes a move that was interrupted, wherever that was', async () => {
    for (const interrupted of ['before the commit', 'after the commit'] as const) {
      const folder = temporaryFolder();
      const before = await local(folder);
      await add(before, managedKey('web'));
      const content = await contentOf(before);
      const address = await server.freshAddress();
      const desk = await machine(address, 'desk');
      const cut: Ledger = {
        ...desk,
        database: {
          ...desk.database,
          async transaction(work) {
            if (interrupted === 'after the commit') await desk.database.transaction(work);
            throw new Error('the program was killed');
          },
        },
      };
      await expect(move(before, cut, 'there')).rejects.toThrow('killed');
      // Nothing uses the old ledger, and nothing replaces what it holds with an empty one.
      await expect(local(folder)).rejects.toThrow('was moved to there');
      const again = await local(folder, true);
      if (interrupted === 'before the commit') {
        await expect(move(desk, again, 'SQLite')).rejects.toMatchObject({ code: 'refused' });
      }
      expect(await move(again, desk, 'there')).toEqual({ keys: 1, operations: 1, sealed: 0, renamed: [] });
      expect(await contentOf(await machine(address, 'desk'))).toEqual(content);
    }
  });

  it('is not moved while a program works on a key', async () => {
    const before = await local();
    await add(before, managedKey('web'));
    const taken = await before.leases(clock).take('mk_web', HOLDER, nobodyIsGone);
    const desk = await machine(await server.freshAddress(), 'desk');
    await expect(move(before, desk, 'there')).rejects.toMatchObject({ code: 'conflict' });
    if (taken.taken) await before.leases(clock).release(taken.lease);
    expect(await move(before, desk, 'there')).toEqual({ keys: 1, operations: 1, sealed: 0, renamed: [] });
  });

  it('moves keys to another account as SQLite does', async () => {
    const address = await server.freshAddress();
    const desk = await machine(address, 'desk');
    await add(desk, managedKey('web', 'embedded'));
    const move = { address: 'embedded', from: ['resend'], to: 'tylt' };
    expect(await desk.moveAccount(move)).toBe(0);
    await desk.endOperation('op_web');
    expect(await desk.moveAccount(move)).toBe(1);
    const key = managedKey('web', 'embedded');
    expect(await desk.managed.all()).toEqual([{ ...key, account: { ...key.account, provider: 'tylt' } }]);
    expect((await desk.byDigest('digest of id web'))?.provider).toBe('tylt');
  });

  it('does not mistake the tables of a key service for its own, and stands beside them', async () => {
    const address = await server.freshAddress();
    await tamper(
      address,
      'CREATE TABLE keys_schema (id INTEGER PRIMARY KEY, version INTEGER NOT NULL)',
      'INSERT INTO keys_schema VALUES (1, 99)',
    );
    await add(await machine(address, 'desk'), managedKey('web'));
    expect((await (await machine(address, 'laptop')).managed.all()).length).toBe(1);
  });
});

/** Many managed keys at once, each with one version. */
async function fill(ledger: Ledger, count: number): Promise<void> {
  const keys = Array.from({ length: count }, (_, i) => managedKey(`key ${i}`));
  await ledger.database.transaction(async (session) => {
    await ledger.rows.insertAll(
      session,
      'known_keys',
      keys.map(({ id, account, versions: [version] }, i) => ({
        ...{ provider: account.provider, place: account.address, id: String(version?.id) },
        ...{ record: JSON.stringify(version?.record), secret_item: null, base_url: null, roll_by: i },
        ...{ updated_at: i, managed_key: id, generation: 1, state: 'active', ends_at: null, position: 1 },
        used_here: i % 2 === 0 ? null : i,
      })),
    );
    await ledger.rows.insertAll(
      session,
      'known_digests',
      keys.map(({ account, versions: [version] }) => ({
        digest: `digest of ${version?.id}`,
        ...{ provider: account.provider, place: account.address, id: String(version?.id) },
      })),
    );
    await ledger.rows.insertAll(
      session,
      'managed_keys',
      keys.map(({ id, account, name, rights, schedule, places, variable, created_at }) => ({
        ...{ id, provider: account.provider, address: account.address, name, created_at },
        account: JSON.stringify([account.provider, account.address, Object.entries(account.context)]),
        body: JSON.stringify({ context: account.context, rights, schedule, places, variable }),
      })),
    );
  });
}
