import { join } from 'node:path';
import type { SqlDatabase } from '../storage/sql/sql-database.js';
import { DATABASE_FILE } from './embedded.js';
import { KEY_SERVICE_MIGRATIONS } from './store/migrations.js';

/** Where a key service keeps its keys. */
export interface DatabaseLocation {
  /** Folder of the SQLite database, and of the first management key in any case. */
  readonly dataDir: string;
  /** See `SqliteOptions`. */
  readonly writerThread?: URL | undefined;
  /** Of PostgreSQL, in the place of SQLite. */
  readonly database?: {
    readonly address: string;
    readonly env: Readonly<Record<string, string | undefined>>;
    /** See `PostgresOptions`. */
    readonly patient?: boolean;
    /** See `PostgresOptions`. */
    readonly existing?: boolean;
    /** See `PostgresOptions`. */
    readonly connections?: number;
    /** See `PostgresOptions`. */
    readonly connectMs?: number;
    /** See `PostgresOptions`. */
    readonly statementMs?: number;
  };
}

/**
 * Opens the database, its tables made or upgraded. What is thrown: see `openSqliteDatabase`,
 * `openPostgresDatabase`.
 */
export async function openKeyDatabase({
  dataDir,
  database,
  writerThread,
}: DatabaseLocation): Promise<SqlDatabase> {
  if (database === undefined) {
    const { openSqliteDatabase } = await import('../storage/sql/sqlite-database.js');
    return await openSqliteDatabase(join(dataDir, DATABASE_FILE), KEY_SERVICE_MIGRATIONS, { writerThread });
  }
  const { openPostgresDatabase } = await import('../storage/sql/postgres-database.js');
  return await openPostgresDatabase(database.address, KEY_SERVICE_MIGRATIONS, database);
}
