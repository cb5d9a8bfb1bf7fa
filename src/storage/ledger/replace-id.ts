import type { Key } from '../../domain/key.js';
import type { Account } from '../../domain/managed-key.js';
import type { SqlDatabase } from '../sql/sql-database.js';
import { type LedgerRows, whereKey } from './rows.js';

/**
 * Gives a known key the vendor's id and record. It was imported before its vendor's id was known, under an
 * id of our own. Its digests and its place among the versions of its managed key stay. A key that the
 * ledger no longer knows stays unknown.
 */
export async function replaceId(
  database: SqlDatabase,
  rows: LedgerRows,
  { provider, address }: Pick<Account, 'provider' | 'address'>,
  before: string,
  key: Key,
): Promise<void> {
  await database.transaction(async (session) => {
    const of = [provider, rows.address(address), before];
    const where = whereKey('known_keys');
    const [row] = await rows.read(session, 'known_keys', where, of);
    if (row === undefined) return;
    for (const { digest = null } of await rows.read(session, 'known_digests', where, of))
      await rows.change(session, 'known_digests', { digest, id: key.id });
    // The id is a part of the primary key.
    await session.run(`DELETE FROM known_keys ${where}`, of);
    await rows.insertAll(session, 'known_keys', [{ ...row, id: key.id, record: JSON.stringify(key) }]);
  });
}
