/**
 * What a statement's parameters and columns may be; times are integer epoch milliseconds, lists and maps JSON
 * text.
 */
export type SqlValue = string | number | null | Uint8Array;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/**
 * Rows that one statement reads or writes at most: its length is bounded, and so is the time for which it
 * holds the database.
 */
export const ROWS_AT_ONCE = 500;

/** A statement of a transaction whose statements are all known before it begins. */
export interface SqlStatement {
  readonly sql: string;
  readonly params?: readonly SqlValue[];
  /** Where it changes no row, the whole transaction is undone. */
  readonly needed?: boolean;
}

/** Statements in the intersection of SQLite's and PostgreSQL's SQL, with `?` placeholders. */
export interface SqlSession {
  all(sql: string, params?: readonly SqlValue[]): Promise<SqlRow[]>;
  /** Number of rows that changed. */
  run(sql: string, params?: readonly SqlValue[]): Promise<number>;
}

/** A database. `run` outside a transaction is a transaction of its own. */
export interface SqlDatabase extends SqlSession {
  /**
   * As `run`. `lasting: false`: the change may be lost if the machine stops, but not if the program does.
   * SQLite then does not wait for the disk.
   */
  run(sql: string, params?: readonly SqlValue[], options?: { readonly lasting?: boolean }): Promise<number>;
  /**
   * A transaction that needs no result of one statement for the next, in one message to the database where
   * that can be. Returns how many rows each statement has changed; null where one that is `needed` changed
   * none, and so nothing was done.
   */
  runAll(statements: readonly SqlStatement[]): Promise<readonly number[] | null>;
  /**
   * Commits when `work` resolves, rolls back when it throws. Others' transactions may run meanwhile and
   * commit between two statements: what must still hold is a condition in the WHERE of the statement that
   * relies on it. Where the database asks for it (a deadlock, a serialization failure), `work` is run again
   * from its start.
   */
  transaction<Result>(work: (session: SqlSession) => Promise<Result>): Promise<Result>;
  /** Reads that all see the database as it was at the first of them, while others write. */
  snapshot<Result>(work: (session: Pick<SqlSession, 'all'>) => Promise<Result>): Promise<Result>;
  /** Overwrites what deleted rows have left in files beside the database, where there are such files. */
  eraseDeleted(): Promise<void>;
  /**
   * Throws `database_unavailable` while the files of the database are not where they were when it was opened:
   * deleted, moved or replaced. Reads throw the same from then on, until a look finds the files again; writes
   * look by themselves.
   */
  requireInPlace(): void;
  /** The database's own clock in epoch milliseconds; null: it is this machine's. */
  now(): Promise<number | null>;
  close(): Promise<void>;
}
