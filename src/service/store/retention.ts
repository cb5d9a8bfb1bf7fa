import { KeysError } from '../../domain/errors.js';
import { SCOPE_ALL, SCOPE_WRITE } from '../../domain/scopes.js';
import { sqlState } from '../../storage/sql/postgres-failure.js';
import type { SqlDatabase, SqlValue } from '../../storage/sql/sql-database.js';
import { ROWS_AT_ONCE } from '../../storage/sql/sql-database.js';

/** PostgreSQL's code for a statement that a role may not run. */
const NO_RIGHT = '42501';

/**
 * What is deleted: everything that ended or happened before these instants (epoch milliseconds). Absent:
 * nothing of it.
 */
export interface Cuts {
  /** Responses to repeated requests whose secret was acknowledged or whose key was revoked. */
  readonly spent: number;
  /** All other responses to repeated requests. */
  readonly responses: number;
  /** Counts of windows of limits that are over. */
  readonly windows: number;
  readonly ended?: number | undefined;
  readonly events?: number | undefined;
}

/**
 * Deletes one batch of each kind. Returns whether there is more. Keys that can manage keys are never deleted:
 * that there was one decides whether a start creates another.
 */
export async function deleteBatch(database: SqlDatabase, cuts: Cuts): Promise<boolean> {
  const { spent, responses, windows, ended, events } = cuts;
  const counts = [
    await dropRows(database, 'one_time_answers', 'digest', 'spent_at < ? OR created_at < ?', [
      spent,
      responses,
    ]),
  ];
  counts.push(await dropWindows(database, windows));
  if (ended !== undefined) counts.push(await dropKeys(database, ended));
  if (events !== undefined) {
    await requireMayDelete(database);
    await keepEventsFrom(database, events);
    counts.push(await dropRows(database, 'key_events', 'id', 'at < ?', [events]));
    const days = 'key_id IN (SELECT key_id FROM key_days WHERE day < ? LIMIT 500) AND day < ?';
    const day = Math.floor(events / 86_400_000);
    counts.push(await database.run(`DELETE FROM key_days WHERE ${days}`, [day, day]));
  }
  return counts.some((count) => count >= ROWS_AT_ONCE);
}

async function dropWindows(database: SqlDatabase, before: number): Promise<number> {
  const over = 'window_end > 0 AND window_end < ?';
  const ids = await findIds(database, 'key_limit_counts', 'key_id', over, [before]);
  return await deleteByIds(database, 'key_limit_counts', `${over} AND key_id`, ids, [before]);
}

/** Keys that ended before this instant, with the counts of their limits. */
async function dropKeys(database: SqlDatabase, before: number): Promise<number> {
  const plain = [SCOPE_WRITE, SCOPE_ALL].map((scope) => `%${JSON.stringify(scope)}%`);
  const where = '(revoked_at < ? OR expires_at < ?) AND scopes NOT LIKE ? AND scopes NOT LIKE ?';
  const ids = await findIds(database, 'api_keys', 'id', where, [before, before, ...plain]);
  await deleteByIds(database, 'key_limit_counts', 'key_id', ids);
  return await deleteByIds(database, 'api_keys', 'id', ids);
}

async function dropRows(
  database: SqlDatabase,
  table: string,
  id: string,
  where: string,
  params: readonly SqlValue[],
): Promise<number> {
  return await deleteByIds(database, table, id, await findIds(database, table, id, where, params));
}

/** Reads before a deletion: this runs every minute, and an unneeded write would wait for the disk. */
async function findIds(
  database: SqlDatabase,
  table: string,
  id: string,
  where: string,
  params: readonly SqlValue[],
): Promise<string[]> {
  const found = await database.all(
    `SELECT ${id} AS id FROM ${table} WHERE ${where} LIMIT ${ROWS_AT_ONCE}`,
    params,
  );
  return [...new Set(found.map((row) => String(row['id'])))];
}

async function deleteByIds(
  database: SqlDatabase,
  table: string,
  where: string,
  ids: readonly string[],
  params: readonly SqlValue[] = [],
): Promise<number> {
  if (ids.length === 0) return 0;
  const places = ids.map(() => '?').join(', ');
  return await database.run(`DELETE FROM ${table} WHERE ${where} IN (${places})`, [...params, ...ids]);
}

/**
 * Throws `database_refused` where the server's role may not delete events, before there is one to delete: the
 * first start finds it, and not a purge in a year.
 */
async function requireMayDelete(database: SqlDatabase): Promise<void> {
  try {
    await database.run("DELETE FROM key_events WHERE id = ''", []);
  } catch (error) {
    if (!(error instanceof KeysError) || sqlState(error.cause) !== NO_RIGHT) throw error;
    throw new KeysError(
      'database_refused',
      'the role of this server may not delete events of the audit trail',
      {
        hint: 'give no time after which events are deleted, or let the role delete them',
        cause: error,
      },
    );
  }
}

/** Only events older than this setting can be deleted: see the migrations. */
async function keepEventsFrom(database: SqlDatabase, at: number): Promise<void> {
  await database.run(
    `INSERT INTO service_settings (name, value) VALUES ('events_kept_from', ?)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    [String(at)],
  );
}
