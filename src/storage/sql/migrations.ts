import { KeysError } from '../../domain/errors.js';
import type { SqlSession } from './sql-database.js';

export type Dialect = 'sqlite' | 'postgres';

/** SQL that both dialects have, or what says the same in each. */
type Statement = string | Readonly<Record<Dialect, readonly string[]>>;

/** Statements in order; a database's version is how many of these lists it has had. */
export type Migrations = ReadonlyArray<readonly Statement[]>;

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
export async function migrate(
  session: SqlSession,
  migrations: Migrations,
  from: number,
  dialect: Dialect,
): Promise<void> {
  for (const statement of migrations.slice(from).flat()) {
    for (const sql of typeof statement === 'string' ? [statement] : statement[dialect])
      await session.run(sql);
  }
}
