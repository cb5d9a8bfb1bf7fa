import { createRequire } from 'node:module';

/** The part of Node's own SQLite that is used here; `@photostructure/sqlite` has the same for Node 20. */
export interface SqliteConnection {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

export interface SqliteStatement {
  all(...params: unknown[]): unknown[];
  run(...params: unknown[]): { changes: number | bigint };
}

interface SqliteModule {
  readonly DatabaseSync: new (path: string) => SqliteConnection;
}

const require = createRequire(import.meta.url);
let loaded: SqliteModule | undefined;

/** Opens a file with Node's own SQLite where this Node has it (22.13), else with the package. */
export function openSqlite(path: string, busyTimeoutMs: number): SqliteConnection {
  loaded ??= load();
  const connection = new loaded.DatabaseSync(path);
  // Not the constructor's option: the first Nodes that have SQLite leave it out without a word.
  connection.exec(`PRAGMA busy_timeout = ${Math.trunc(busyTimeoutMs)}`);
  return connection;
}

function load(): SqliteModule {
  try {
    return require('node:sqlite') as SqliteModule;
  } catch {
    return require('@photostructure/sqlite') as SqliteModule;
  }
}
