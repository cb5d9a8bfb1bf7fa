import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { KeysError } from '../../src/domain/errors.js';
import { type Ledger, openLedger } from '../../src/storage/ledger/ledger.js';
import { openSharedLedger } from '../../src/storage/ledger/shared-ledger.js';
import { type Damage, damageColumns, damageMembers } from '../support/damages.js';
import { storeSecretsInFile } from '../support/keys.js';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';
import { testPostgres } from '../support/postgres.js';
import { settableClock } from '../support/settable-clock.js';

const { own } = await testPostgres();
const clock = settableClock();
const KEY = randomBytes(32);

/** The tables of the ledger, with their primary keys. */
const TABLES = {
  known_keys: ['provider', 'place', 'id'],
  known_digests: ['digest'],
  managed_keys: ['id'],
  operations: ['id'],
  leases: ['resource'],
  escrow: ['operation'],
};
const JSON_COLUMNS = { known_keys: 'record', managed_keys: 'body', operations: 'body' } as const;

/** A home whose ledger has rows in each table: a rolled key with places, and one that is not delivered. */
async function usedHome(extra: Readonly<Record<string, string>> = {}): Promise<KeysInProcess> {
  const keys = await keysInProcess(extra);
  onTestFinished(() => keys.remove());
  await storeSecretsInFile(keys);
  const run = async (code: number, ...args: string[]) =>
    expect(await keys.run(args), args.join(' ')).toMatchObject({ code });
  await run(0, 'create', 'web', '--to', join(keys.home, '.env'), '--to', 'keychain', '--scope', 'read');
  await run(9, 'create', 'late', '--to', 'exec:false');
  await run(0, 'roll', 'web', '--yes');
  return keys;
}

async function localLedger(keys: KeysInProcess): Promise<Ledger> {
  const ledger = await openLedger(join(keys.home, '.local', 'share', 'keys'));
  onTestFinished(() => ledger.close());
  return ledger;
}

/** Everything that the program reads back. */
async function readAll(ledger: Ledger): Promise<void> {
  const [resources, digests, sealed] = await Promise.all([
    ledger.database.all('SELECT resource FROM leases'),
    ledger.database.all('SELECT digest FROM known_digests'),
    ledger.database.all('SELECT operation FROM escrow'),
  ]);
  const [operation] = await ledger.operations();
  await ledger.keys();
  await ledger.managed.all();
  for (const { resource } of resources) await ledger.leases(clock).holder(String(resource), () => false);
  for (const { digest } of digests) await ledger.byDigest(String(digest));
  for (const one of sealed)
    await ledger.escrow(KEY, clock).read(String(one['operation']), operation?.address ?? '');
}

/** Null where all could be read; else what was thrown, which names the table. */
async function found(ledger: Ledger, { table, column, what }: Damage): Promise<KeysError | null> {
  try {
    await readAll(ledger);
    return null;
  } catch (error) {
    const about = `${table}.${column}: ${what}: ${error}`;
    expect(error, about).toBeInstanceOf(KeysError);
    expect(error, about).toMatchObject({ code: expect.stringMatching(/^(database_damaged|refused)$/) });
    if ((error as KeysError).code === 'database_damaged' && !/too large|exact/.test(what))
      expect(error, about).toMatchObject({ details: { table } });
    return error as KeysError;
  }
}

it('names the row for each column of the ledger that is damaged', async () => {
  const ledger = await localLedger(await usedHome());
  await ledger.escrow(KEY, clock).save('op_fake', 'embedded', { secret: 'fake' });
  const accepted: string[] = [];
  const count = await damageColumns(ledger.database, TABLES, async (damage) => {
    const { table, column, what } = damage;
    if ((await found(ledger, damage)) === null) accepted.push(`${table}.${column}: ${what}`);
  });
  expect(count).toBeGreaterThan(150);
  const inJson = accepted.filter((text) =>
    Object.entries(JSON_COLUMNS).some(([table, column]) => text.startsWith(`${table}.${column}:`)),
  );
  expect(inJson).toEqual([]);
  // A text may be any text: no column that is read holds bytes.
  expect(
    accepted.filter((text) => text.endsWith('bytes') && !/\.mac:|escrow\.created_at/.test(text)),
  ).toEqual([]);
  await readAll(ledger);
});

it('takes no JSON of another shape, whichever member is damaged', async () => {
  const ledger = await localLedger(await usedHome());
  let [count, refused] = [0, 0];
  for (const [table, column] of Object.entries(JSON_COLUMNS)) {
    const key = TABLES[table as keyof typeof JSON_COLUMNS];
    count += await damageMembers(ledger.database, { table, key, column }, async (damage) => {
      if ((await found(ledger, damage)) !== null) refused++;
    });
  }
  expect(count).toBeGreaterThan(1_000);
  expect(refused).toBeGreaterThan(count / 2);
});

it('says which row is damaged and what to do, and calls it no bug', async () => {
  const keys = await usedHome();
  const ledger = await localLedger(keys);
  const cases = [
    ['known_keys', 'record', '{', 'known_keys keys embedded key_', ['list', '--all']],
    ['managed_keys', 'body', '{}', 'body.rights is not an object', ['places', 'list', 'web']],
    ['operations', 'body', '[]', 'operations op_', ['pending']],
    ['leases', 'holder', '', 'leases mk_', ['roll', 'web', '--yes']],
  ] as const;
  for (const [table, column, value, words, args] of cases) {
    const rows = await ledger.database.all(`SELECT * FROM ${table}`);
    await ledger.database.run(`UPDATE ${table} SET ${column} = ?`, [value]);
    const { code, stderr } = await keys.run(args);
    expect({ code, stderr }, args.join(' ')).toMatchObject({ code: 1 });
    expect(stderr).toContain('keys: error: the ledger has a damaged row: ');
    expect(stderr).toContain(words);
    expect(stderr).toContain('restore the database from a backup, or correct this row with SQL');
    const key = TABLES[table][0] as string;
    for (const row of rows)
      await ledger.database.run(`UPDATE ${table} SET ${column} = ? WHERE ${key} = ? AND ${column} = ?`, [
        ...[row[column] ?? null, row[key] ?? null, value],
      ]);
  }
});

it.skipIf(own === null)('says the same of a ledger in PostgreSQL', async () => {
  const address = (await own?.freshAddress()) ?? '';
  const env = {
    KEYS_LEDGER_KEY: KEY.toString('base64'),
    KEYS_LEDGER_URL: address,
    KEYS_MACHINE: 'here',
    USER: 'anna',
  };
  const keys = await usedHome(env);
  const open = () => openSharedLedger(address, { env, clock });
  const ledger = await open();
  onTestFinished(() => ledger.close());
  const byTable = new Map<string, Set<string>>();
  const count = await damageColumns(
    ledger.database,
    TABLES,
    async (damage) => {
      const error = await found(ledger, damage);
      if (error === null) return;
      byTable.set(damage.table, (byTable.get(damage.table) ?? new Set()).add(error.code));
      expect(error.message, JSON.stringify(damage)).toMatch(new RegExp(`${damage.table} \\S`));
    },
    { few: true },
  );
  expect(count).toBeGreaterThan(40);
  // What each row's MAC covers is refused as changed; the rest is looked at by itself.
  expect([...(byTable.get('operations') ?? [])]).toEqual(['refused']);
  expect([...(byTable.get('leases') ?? [])]).toEqual(['database_damaged']);
  expect([...(byTable.get('escrow') ?? [])]).toEqual(['database_damaged']);
  for (const name of ['created', 'moved']) {
    await ledger.database.run(
      'INSERT INTO ledger_facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = ?',
      [name, '{"by": 1}', '{"by": 1}'],
    );
    await expect(open()).rejects.toMatchObject({
      code: 'database_damaged',
      details: { table: 'ledger_facts', row: name },
    });
    const { code, stderr } = await keys.run(['pending']);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('damaged row') });
    await ledger.database.run('DELETE FROM ledger_facts WHERE name = ?', [name]);
  }
});
