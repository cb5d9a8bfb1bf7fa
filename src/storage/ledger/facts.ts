import type { Shape } from '../../domain/shapes.js';
import type { SqlSession } from '../sql/sql-database.js';
import { storedJson } from '../sql/stored-row.js';

/** What a ledger says of itself. */
export type LedgerFact = 'id' | 'key_check' | 'created' | 'moved' | 'received';

/** Null where it says nothing. */
export async function readFact(session: Pick<SqlSession, 'all'>, name: LedgerFact): Promise<string | null> {
  const [row] = await session.all('SELECT value FROM ledger_facts WHERE name = ?', [name]);
  return row === undefined ? null : String(row['value']);
}

/** As `readFact`, of one that is JSON. Throws `database_damaged` where it has another shape. */
export async function readJsonFact<Value>(
  session: Pick<SqlSession, 'all'>,
  name: LedgerFact,
  shape: Shape,
): Promise<Value | null> {
  const value = await readFact(session, name);
  const facts = { of: 'the ledger', name: 'ledger_facts', key: ['name'] };
  return value === null ? null : storedJson<Value>(facts, { name, value }, 'value', shape);
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
