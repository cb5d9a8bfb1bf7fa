import type { SqlSession } from '../sql/sql-database.js';

/** What a ledger says of itself. */
export type LedgerFact = 'id' | 'key_check' | 'created' | 'moved' | 'received';

/** Null where it says nothing. */
export async function readFact(session: Pick<SqlSession, 'all'>, name: LedgerFact): Promise<string | null> {
  const [row] = await session.all('SELECT value FROM ledger_facts WHERE name = ?', [name]);
  return row === undefined ? null : String(row['value']);
}

/** Writes it unless it is there. */
export async function addFact(session: SqlSession, name: LedgerFact, value: string): Promise<void> {
  await session.run('INSERT INTO ledger_facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING', [
    name,
    value,
  ]);
}

/** Writes or replaces it; null removes it. */
export async function setFact(session: SqlSession, name: LedgerFact, value: string | null): Promise<void> {
  if (value === null) {
    await session.run('DELETE FROM ledger_facts WHERE name = ?', [name]);
    return;
  }
  await session.run(
    'INSERT INTO ledger_facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    [name, value],
  );
}
