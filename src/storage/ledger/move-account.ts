import { type Account, accountText } from '../../domain/managed-key.js';
import type { SqlDatabase, SqlRow, SqlSession } from '../sql/sql-database.js';
import type { Operation } from './operation.js';
import { jsonOf, type LedgerRows, whereKey } from './rows.js';

/** Which records are moved, and to which provider. */
export interface AccountMove {
  /** The address that the keys are at. */
  readonly address: string;
  readonly from: readonly string[];
  readonly to: string;
  /** The address that they have from now on; absent: the same. */
  readonly newAddress?: string;
}

/**
 * Moves the keys at one address from other providers to `to`, or to another address, with their managed keys.
 * Returns how many keys were moved. A key stays where it is while an operation on it is unfinished, or if the
 * new account has a managed key of its name.
 */
export async function moveAccount(
  database: SqlDatabase,
  rows: LedgerRows,
  { address, from, to, newAddress = address }: AccountMove,
): Promise<number> {
  const others = newAddress === address ? from.filter((provider) => provider !== to) : from;
  const isOther = `provider IN (${others.map(() => '?').join(', ')})`;
  const params = [rows.address(address), ...others];
  // Mostly there is nothing to move: no write lock is taken for that.
  const known = `SELECT id FROM known_keys WHERE place = ? AND ${isOther} LIMIT 1`;
  if ((await database.all(known, params)).length === 0) return 0;
  return await database.transaction(async (session) => {
    const busy = await busyIds(session, rows);
    let moved = 0;
    for (const row of await rows.read(session, 'managed_keys', `WHERE address = ? AND ${isOther}`, params)) {
      const id = String(row['id']);
      const versions = await rows.read(session, 'known_keys', 'WHERE managed_key = ?', [id]);
      const stays = [id, ...versions.map((version) => String(version['id']))].some((one) => busy.has(one));
      if (stays || (await isTaken(session, rows, row, { newAddress, to }))) continue;
      for (const version of versions) await moveVersion(session, rows, version, { newAddress, to });
      const account = accountAfter(row, { newAddress, to });
      await rows.change(session, 'managed_keys', { id, provider: to, address: newAddress, account });
      moved += versions.length;
    }
    return moved;
  });
}

/**
 * Ids of managed keys and versions with an unfinished operation: it writes its results under the account that
 * it began with.
 */
async function busyIds(session: SqlSession, rows: LedgerRows): Promise<ReadonlySet<string>> {
  const operations = await rows.read(session, 'operations', '', []);
  return new Set(
    operations.flatMap((row) => {
      const { managed, key, previous } = jsonOf<Partial<Operation>>('operations', row);
      return [managed, key?.id, previous?.id].filter((id) => id !== undefined);
    }),
  );
}

type To = Required<Pick<AccountMove, 'newAddress' | 'to'>>;

function accountAfter(row: SqlRow, { newAddress, to }: To): string {
  const { context } = jsonOf<Pick<Account, 'context'>>('managed_keys', row);
  return accountText({ provider: to, address: newAddress, context });
}

async function isTaken(session: SqlSession, rows: LedgerRows, row: SqlRow, to: To): Promise<boolean> {
  const found = await session.all('SELECT id FROM managed_keys WHERE account = ? AND name = ?', [
    accountAfter(row, { ...to, newAddress: rows.address(to.newAddress) }),
    String(row['name']),
  ]);
  return found.length > 0;
}

async function moveVersion(
  session: SqlSession,
  rows: LedgerRows,
  row: SqlRow,
  { newAddress, to }: To,
): Promise<void> {
  const of = [String(row['provider']), rows.address(String(row['place'])), String(row['id'])];
  const digests = await rows.read(
    session,
    'known_digests',
    'WHERE provider = ? AND place = ? AND id = ?',
    of,
  );
  for (const { digest = null } of digests)
    await rows.change(session, 'known_digests', { digest, provider: to, place: newAddress });
  // Provider and address are parts of the primary key.
  await session.run(`DELETE FROM known_keys ${whereKey('known_keys')}`, of);
  await rows.insertAll(session, 'known_keys', [{ ...row, provider: to, place: newAddress }]);
}
