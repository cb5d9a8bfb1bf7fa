import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { SqlDatabase, SqlSession } from '../../src/storage/sql/sql-database.js';
import { keysInProcess } from '../support/keys-in-process.js';

/** The ledger's module of the built program, which `keysInProcess` calls. */
const { openLedger } = (await import(
  new URL('../../dist/storage/ledger/ledger.js', import.meta.url).href
)) as typeof import('../../src/storage/ledger/ledger.js');

/** Counts the rows of unfinished operations that the built program reads in this process. */
function countRows(database: SqlDatabase): () => number {
  const shared = Object.getPrototypeOf(database) as Pick<SqlSession, 'all'>;
  const { all } = shared;
  let rows = 0;
  shared.all = async function (this: SqlDatabase, sql, params) {
    const found = await all.call(this, sql, params);
    if (/SELECT \* FROM operations\b/.test(sql)) rows += found.length;
    return found;
  };
  onTestFinished(() => {
    shared.all = all;
  });
  return () => {
    const read = rows;
    rows = 0;
    return read;
  };
}

it('a command on one key reads as many operations, however many others are pending', async () => {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  const run = async (code: number, ...args: string[]) =>
    expect((await keys.run(args)).code, args.join(' ')).toBe(code);
  await run(0, 'config', 'set', 'storage', 'file');
  const at = join(keys.home, '.env');
  await run(9, 'create', 'late', '--to', 'exec:false');
  const ledger = await openLedger(join(keys.home, '.local', 'share', 'keys'));
  onTestFinished(() => ledger.close());
  const [late] = await ledger.operations();
  const held = await ledger
    .leases({ now: () => Date.now() })
    .take('test', { machine: 'here', pid: 1 }, () => false);
  if (late === undefined || !held.taken) throw new Error('a delivery is pending, and the lease is free');
  const read = countRows(ledger.database);
  const rows: number[][] = [];
  for (const name of ['WEB', 'SHOP']) {
    rows.push([]);
    for (const args of [
      ['create', name, '--to', `${at}#${name}`],
      ['roll', name, '--now', '--yes'],
      ['update', name, '--name', `${name}2`],
      ['revoke', `${name}2`, '--yes'],
    ]) {
      await run(0, ...args);
      rows.at(-1)?.push(read());
    }
    for (let index = 0; index < 10; index++) {
      const own = { id: `op_${index}`, name: `late ${index}`, managed: `mk_${index}` };
      const key = { id: `key_${index}`, name: own.name };
      await ledger.saveOperation({ ...late, ...own, draft: null, key, idempotencyKey: own.id }, held.lease);
    }
  }
  expect(rows[1]).toEqual(rows[0]);
  await run(0, 'pending');
  expect(read()).toBeGreaterThan(10);
});
