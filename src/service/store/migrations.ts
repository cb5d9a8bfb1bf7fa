import { KeysError } from '../../domain/errors.js';
import type { SqlSession } from './sql-database.js';

/** In order; a database's version is how many of them it has had. A migration that was released is never edited. */
const MIGRATIONS: ReadonlyArray<readonly string[]> = [
  [
    `CREATE TABLE api_keys (
      id TEXT PRIMARY KEY,
      digest TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL,
      type TEXT NOT NULL,
      environment TEXT NOT NULL,
      service TEXT,
      prefix TEXT NOT NULL,
      hint TEXT NOT NULL,
      scopes TEXT NOT NULL,
      restrictions TEXT NOT NULL,
      metadata TEXT NOT NULL,
      created_at BIGINT NOT NULL,
      last_used BIGINT,
      expires_at BIGINT,
      revoked_at BIGINT,
      rolled_from TEXT,
      rolled_to TEXT
    )`,
    'CREATE INDEX api_keys_by_age ON api_keys (created_at, id)',
    'CREATE INDEX api_keys_by_name ON api_keys (name)',
    `CREATE TABLE one_time_answers (
      digest TEXT PRIMARY KEY,
      principal TEXT NOT NULL,
      route TEXT NOT NULL,
      body_digest TEXT NOT NULL,
      key_id TEXT NOT NULL,
      created_at BIGINT NOT NULL,
      nonce TEXT,
      sealed TEXT
    )`,
    'CREATE INDEX one_time_answers_by_key ON one_time_answers (key_id)',
    'CREATE INDEX one_time_answers_by_age ON one_time_answers (created_at)',
  ],
  [
    'DROP INDEX one_time_answers_by_age',
    'CREATE INDEX one_time_answers_sealed ON one_time_answers (created_at) WHERE sealed IS NOT NULL',
  ],
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** Throws `database_newer` for a database that a later program has migrated. */
export function refuseNewer(version: number): void {
  if (version <= SCHEMA_VERSION) return;
  throw new KeysError(
    'database_newer',
    `the database has schema ${version}, this program knows ${SCHEMA_VERSION}`,
    {
      hint: 'update keys, or point KEYS_DATA_DIR at another folder; nothing was changed',
    },
  );
}

/** Applies what is missing; runs inside the caller's transaction. */
export async function migrate(session: SqlSession, from: number): Promise<void> {
  for (const statements of MIGRATIONS.slice(from)) {
    for (const statement of statements) await session.run(statement);
  }
}
