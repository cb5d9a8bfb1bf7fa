import type { SqlStatement } from './sql-database.js';
import type { Statements } from './sqlite-connection.js';
import type { SqliteConnection } from './sqlite-driver.js';

/** Rows that each statement has changed; null where one that was `needed` changed none. */
export type Outcome = { readonly changed: readonly number[] | null } | { readonly error: unknown };

/**
 * Commits several transactions together, one after the other, each done or undone by itself, and returns what
 * became of each. `lasting: false`: without a wait for the disk. Throws where SQLite gave up all of them, as
 * on a full disk, or while another process holds the file; then nothing was done.
 */
export function commitTogether(
  { connection, statements }: { readonly connection: SqliteConnection; readonly statements: Statements },
  transactions: ReadonlyArray<readonly SqlStatement[]>,
  lasting: boolean,
): Outcome[] {
  // Without this, each commit waits for the disk. The next one that does writes these changes too.
  if (!lasting) connection.exec('PRAGMA synchronous = NORMAL');
  try {
    connection.exec('BEGIN IMMEDIATE');
    try {
      const outcomes = transactions.map((transaction) => runOne(connection, statements, transaction));
      connection.exec('COMMIT');
      return outcomes;
    } catch (error) {
      rollBack(connection);
      throw error;
    }
  } finally {
    if (!lasting) connection.exec('PRAGMA synchronous = FULL');
  }
}

/** Throws where SQLite has undone more than this transaction. */
function runOne(
  connection: SqliteConnection,
  statements: Statements,
  transaction: readonly SqlStatement[],
): Outcome {
  connection.exec('SAVEPOINT one');
  const outcome = attempt(statements, transaction);
  const done = 'changed' in outcome && outcome.changed !== null;
  try {
    connection.exec(done ? 'RELEASE one' : 'ROLLBACK TO one; RELEASE one');
    return outcome;
  } catch (error) {
    throw 'error' in outcome ? outcome.error : error;
  }
}

function attempt(statements: Statements, transaction: readonly SqlStatement[]): Outcome {
  try {
    const changed: number[] = [];
    for (const { sql, params, needed } of transaction) {
      const rows = statements.run(sql, params);
      if (needed && rows === 0) return { changed: null };
      changed.push(rows);
    }
    return { changed };
  } catch (error) {
    return { error };
  }
}

function rollBack(connection: SqliteConnection): void {
  try {
    connection.exec('ROLLBACK');
  } catch {
    // SQLite has rolled back by itself, as it does on a full disk; the first error is the one to tell.
  }
}
