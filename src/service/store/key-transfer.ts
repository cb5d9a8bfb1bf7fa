import type { SqlDatabase, SqlSession } from '../../database/sql-database.js';
import { KeysError } from '../../domain/errors.js';
import { KEYS_POLICY } from '../policies/keys.js';
import type { KeyRow } from './key-store.js';
import { SETTINGS, type Settings } from './settings.js';
import { INSERT_INTO, ROW, SELECT, toKeyRow, toParams } from './sql-key-store.js';

/** Rows in one statement: 18 parameters each, of which SQLite takes 32,766 and PostgreSQL 65,535. */
export const ROWS_AT_ONCE = 500;

/** What all keys of a database have in common, and how many there are. */
export interface KeysFound {
  readonly keys: number;
  readonly settings: Settings;
}

/** Every key, oldest first, in batches, as the database is at one moment. `work` is first told what there is. */
export async function readAllKeys(
  database: SqlDatabase,
  work: (found: KeysFound, batches: AsyncIterable<readonly KeyRow[]>) => Promise<void>,
): Promise<void> {
  let started = false;
  await database.snapshot(async (session) => {
    if (started) throw runTwice();
    started = true;
    const [row] = await session.all('SELECT COUNT(*) AS keys FROM api_keys');
    const found = { keys: Number(row?.['keys'] ?? 0), settings: await settingsOf(session) };
    await work(found, batchesOf(session));
  });
}

async function settingsOf(session: Pick<SqlSession, 'all'>): Promise<Settings> {
  const names = Object.values(SETTINGS);
  const rows = await session.all(
    `SELECT name, value FROM service_settings WHERE name IN (${names.map(() => '?').join(', ')})`,
    names,
  );
  const kept: Settings = Object.fromEntries(rows.map(({ name, value }) => [String(name), String(value)]));
  const [used] = await session.all('SELECT id FROM api_keys LIMIT 1');
  // A database from before there were policies, or one that was used without naming any, is of the documented endpoints.
  return used === undefined ? kept : { policy: KEYS_POLICY.id, ...kept };
}

async function* batchesOf(session: Pick<SqlSession, 'all'>): AsyncIterable<readonly KeyRow[]> {
  let last: KeyRow | undefined;
  do {
    const after = last === undefined ? '' : ' WHERE (created_at, id) > (?, ?)';
    const found = await session.all(`${SELECT}${after} ORDER BY created_at, id LIMIT ?`, [
      ...(last === undefined ? [] : [last.created_at, last.id]),
      ROWS_AT_ONCE,
    ]);
    const rows = found.map(toKeyRow);
    if (rows.length > 0) yield rows;
    last = rows.length < ROWS_AT_ONCE ? undefined : rows.at(-1);
  } while (last !== undefined);
}

/**
 * Adds keys, at most `ROWS_AT_ONCE` in a batch, all in one transaction. A key that is there already must be the same in
 * all but its last use, of which the later one is kept. Throws `conflict` for one that is not, and for a database whose
 * settings are others, and then adds nothing.
 */
export async function addKeys(
  database: SqlDatabase,
  settings: Settings,
  batches: AsyncIterable<readonly KeyRow[]>,
): Promise<{ added: number; same: number }> {
  let [added, same] = [0, 0];
  let started = false;
  await database.transaction(async (session) => {
    // What was read from the stream is gone: a second run would add the rest alone.
    if (started) throw runTwice();
    started = true;
    await keepSettings(session, settings);
    for await (const rows of batches) {
      if (rows.length === 0) continue;
      const inserted = await session.run(
        `${INSERT_INTO}${rows.map(() => ROW).join(', ')} ON CONFLICT DO NOTHING`,
        rows.flatMap(toParams),
      );
      added += inserted;
      same += rows.length - inserted;
      if (inserted < rows.length) await compare(session, rows);
    }
  });
  return { added, same };
}

async function keepSettings(session: SqlSession, wanted: Settings): Promise<void> {
  const there = await settingsOf(session);
  for (const [name, value] of Object.entries(wanted)) {
    const kept = there[name as keyof Settings] ?? value;
    if (kept !== value) {
      const what =
        name === SETTINGS.policy
          ? `this database is under the policy ${kept}, the keys are under ${value}`
          : 'the signing keys of this database are encrypted under another key';
      throw new KeysError('conflict', what, { hint: 'import into an empty database; nothing was added' });
    }
    await session.run(
      'INSERT INTO service_settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING',
      [name, value],
    );
  }
}

async function compare(session: SqlSession, rows: readonly KeyRow[]): Promise<void> {
  const found = await session.all(
    `${SELECT} WHERE id IN (${rows.map(() => '?').join(', ')})`,
    rows.map(({ id }) => id),
  );
  const there = new Map(found.map((row) => [String(row['id']), toKeyRow(row)]));
  for (const row of rows) {
    const kept = there.get(row.id);
    const { last_used } = row;
    if (kept === undefined || content(kept) !== content(row)) {
      throw new KeysError('conflict', `another key is there already: ${row.id} (${row.name})`, {
        hint: 'import into an empty database, or one that holds the very same keys; nothing was added',
        details: { id: row.id },
      });
    }
    if (last_used !== null && (kept.last_used ?? -1) < last_used) {
      await session.run('UPDATE api_keys SET last_used = ? WHERE id = ?', [last_used, row.id]);
    }
  }
}

/** All of a row but its last use, as text that is equal for equal rows, whatever the order of what is in it. */
function content(row: KeyRow): string {
  const sorted = (_: string, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return JSON.stringify({ ...row, last_used: null }, sorted);
}

function runTwice(): KeysError {
  return new KeysError('database_busy', 'the database could not do this in one go', {
    hint: 'try again while nothing else uses it',
    retryAfterSeconds: 1,
  });
}
