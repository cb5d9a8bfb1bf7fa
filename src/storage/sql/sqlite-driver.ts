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
let loaded: LoadedModule | undefined;

interface LoadedModule {
  readonly name: string;
  readonly module: SqliteModule;
}

/** Opens a file with Node's own SQLite where this Node has it (22.13), else with the package. */
export function openSqlite(path: string, busyTimeoutMs: number): SqliteConnection {
  loaded ??= load();
  const connection = new loaded.module.DatabaseSync(path);
  // Not the constructor's option: the first Nodes that have SQLite leave it out without a word.
  connection.exec(`PRAGMA busy_timeout = ${Math.trunc(busyTimeoutMs)}`);
  return connection;
}

/** Name of the module that `openSqlite` uses here. */
export function sqliteModuleName(): string {
  loaded ??= load();
  return loaded.name;
}

function load(): LoadedModule {
  try {
    return { name: 'node:sqlite', module: require('node:sqlite') as SqliteModule };
  } catch {
    return {
      name: '@photostructure/sqlite',
      module: require('@photostructure/sqlite') as SqliteModule,
    };
  }
}
