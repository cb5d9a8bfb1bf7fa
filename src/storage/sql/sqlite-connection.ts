import type { SqlRow, SqlValue } from './sql-database.js';
import { openSqlite, type SqliteConnection, type SqliteStatement } from './sqlite-driver.js';

/**
 * A connection that fails at once where a file is locked: `retryWhileBusy` waits, and other requests go on
 * meanwhile.
 */
export function connectSqlite(path: string): SqliteConnection {
  const connection = openSqlite(path, 0);
  try {
    connection.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA case_sensitive_like = ON',
    );
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/**
 * Most statements that stay prepared. One that writes many rows has another text for each number of rows, and
 * takes up to 200 KiB: a service that kept them all would grow for hours.
 */
export const MOST_PREPARED = 64;

/** Runs statements on a connection and keeps them prepared. */
export class Statements {
  readonly #connection: SqliteConnection;
  readonly #prepared = new Map<string, SqliteStatement>();

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  /** How many are prepared. */
  get prepared(): number {
    return this.#prepared.size;
  }

  all(sql: string, params: readonly SqlValue[] = []): SqlRow[] {
    return this.#prepare(sql).all(...params) as SqlRow[];
  }

  /** Number of rows that changed. */
  run(sql: string, params: readonly SqlValue[] = []): number {
    return Number(this.#prepare(sql).run(...params).changes);
  }

  #prepare(sql: string): SqliteStatement {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      // All at once: what is used often is soon there again, and a use has nothing to note.
      if (this.#prepared.size >= MOST_PREPARED) this.#prepared.clear();
      statement = this.#connection.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }
}
