import { commitTogether, type Outcome } from './commit-together.js';
import { retryWhileBusy } from './retry-while-busy.js';
import type { SqlRow, SqlStatement, SqlValue } from './sql-database.js';
import { connectSqlite, Statements } from './sqlite-connection.js';

/** The one connection of a process that writes. What is asked of it is done in order. */
export interface SqliteWriter {
  exec(sql: string): Promise<void>;
  all(sql: string, params?: readonly SqlValue[]): Promise<SqlRow[]>;
  /** Number of rows that changed. */
  run(sql: string, params?: readonly SqlValue[]): Promise<number>;
  /** See `commitTogether`. */
  commit(transactions: ReadonlyArray<readonly SqlStatement[]>, lasting: boolean): Promise<Outcome[]>;
  close(): Promise<void>;
}

/** What the thread is asked to do; a message has one or more. */
export type WriterRequest =
  | {
      readonly op: 'open' | 'exec' | 'all' | 'run' | 'close';
      /** SQL; for `open`, the path of the file. */
      readonly sql: string;
      readonly params: readonly SqlValue[];
    }
  | {
      readonly op: 'commit';
      readonly transactions: ReadonlyArray<readonly SqlStatement[]>;
      readonly lasting: boolean;
    };

/** By what an error of the thread is recognised. */
export interface WriterError {
  readonly message: string;
  readonly code?: unknown;
  readonly errcode?: unknown;
}

/** What the thread says of each request. The errors in the outcomes of a `commit` are `WriterError` too. */
export type WriterResponse = { readonly result: unknown } | { readonly error: WriterError };

/**
 * Writes in this thread: for a program that makes one change and ends. Waits for at most `busyTimeoutMs`
 * while another process holds the file. Throws what opening the file throws.
 */
export async function inlineWriter(path: string, busyTimeoutMs: number): Promise<SqliteWriter> {
  const connection = await retryWhileBusy(busyTimeoutMs, () => connectSqlite(path));
  const statements = new Statements(connection);
  return {
    exec: async (sql) => connection.exec(sql),
    all: async (sql, params) => statements.all(sql, params),
    run: async (sql, params) => statements.run(sql, params),
    commit: async (transactions, lasting) =>
      commitTogether({ connection, statements }, transactions, lasting),
    close: async () => connection.close(),
  };
}
