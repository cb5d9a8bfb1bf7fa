import { KeysError } from '../domain/errors.js';
import type { SqlSession } from './sql-database.js';

/** Statements in order; a database's version is how many of these lists it has had. */
export type Migrations = ReadonlyArray<readonly string[]>;

/** Throws `database_newer` for a database that a later program has migrated. */
export function refuseNewer(migrations: Migrations, version: number): void {
  if (version <= migrations.length) return;
  throw new KeysError(
    'database_newer',
    `the database has schema ${version}, this program knows ${migrations.length}`,
    {
      hint: 'update keys, or use another database; nothing was changed',
    },
  );
}

/** Applies what is missing; runs inside the caller's transaction. */
export async function migrate(session: SqlSession, migrations: Migrations, from: number): Promise<void> {
  for (const statements of migrations.slice(from)) {
    for (const statement of statements) await session.run(statement);
  }
}
