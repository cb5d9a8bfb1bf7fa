import { KeysError } from '../../domain/errors.js';
import type { SqlDatabase, SqlRow, SqlSession } from '../../storage/sql/sql-database.js';
import { ROWS_AT_ONCE } from '../../storage/sql/sql-database.js';
import { KEYS_POLICY } from '../policies/keys.js';
import { type AuditRow, type By, insertEvents, SELECT_EVENTS, tell, toAuditRow } from './audit-trail.js';
import type { KeyRow } from './key-store.js';
import { DATABASE_SETTINGS, type DatabaseSettings, lockEncryptionKey } from './settings.js';
import { INSERT_INTO, ROW, SELECT, toKeyRow, toParams } from './sql-key-store.js';

/** How much there is, and what all keys have in common. */
export interface KeysFound {
  readonly keys: number;
  readonly events: number;
  readonly settings: DatabaseSettings;
}

/**
 * Every key, then every event of the audit trail, oldest first, in batches, as the database is at one moment.
 */
export async function readAllKeys(
  database: SqlDatabase,
  work: (
    found: KeysFound,
    keys: AsyncIterable<readonly KeyRow[]>,
    events: AsyncIterable<readonly AuditRow[]>,
  ) => Promise<void>,
): Promise<void> {
  let started = false;
  await database.snapshot(async (session) => {
    if (started) throw runTwice();
    started = true;
    const count = async (table: string) =>
      Number((await session.all(`SELECT COUNT(*) AS rows FROM ${table}`))[0]?.['rows'] ?? 0);
    const found = {
      keys: await count('api_keys'),
      events: await count('key_events'),
      settings: await settingsOf(session),
    };
    await work(found, allRows(session, KEYS), allRows(session, EVENTS));
  });
}

async function settingsOf(session: Pick<SqlSession, 'all'>): Promise<DatabaseSettings> {
  const names = Object.values(DATABASE_SETTINGS);
  const rows = await session.all(
    `SELECT name, value FROM service_settings WHERE name IN (${names.map(() => '?').join(', ')})`,
    names,
  );
  const kept: DatabaseSettings = Object.fromEntries(
    rows.map(({ name, value }) => [String(name), String(value)]),
  );
  const [used] = await session.all('SELECT id FROM api_keys LIMIT 1');
  // A database from before there were policies, or one that was used without naming any, is of the documented
  // endpoints.
  return used === undefined ? kept : { policy: KEYS_POLICY.id, ...kept };
}

/** A table, and the columns that its rows are in order of. */
interface Table<Row> {
  readonly select: string;
  readonly order: string;
  readonly read: (row: SqlRow) => Row;
  readonly place: (row: Row) => readonly [at: number, id: string];
}

const KEYS: Table<KeyRow> = {
  select: SELECT,
  order: 'created_at, id',
  read: toKeyRow,
  place: ({ created_at, id }) => [created_at, id],
};

const EVENTS: Table<AuditRow> = {
  select: SELECT_EVENTS,
  order: 'at, id',
  read: toAuditRow,
  place: ({ at, id }) => [at, id],
};

async function* allRows<Row>(
  session: Pick<SqlSession, 'all'>,
  { select, order, read, place }: Table<Row>,
): AsyncIterable<readonly Row[]> {
  let last: Row | undefined;
  do {
    const after = last === undefined ? '' : ` WHERE (${order}) > (?, ?)`;
    const found = await session.all(`${select}${after} ORDER BY ${order} LIMIT ?`, [
      ...(last === undefined ? [] : place(last)),
      ROWS_AT_ONCE,
    ]);
    const rows = found.map(read);
    if (rows.length > 0) yield rows;
    last = rows.length < ROWS_AT_ONCE ? undefined : rows.at(-1);
  } while (last !== undefined);
}

/**
 * What is added to a database: batches of at most `ROWS_AT_ONCE`, of which the keys are read to their end
 * first.
 */
export interface Addition {
  readonly settings: DatabaseSettings;
  readonly keys: AsyncIterable<readonly KeyRow[]>;
  readonly events: AsyncIterable<readonly AuditRow[]>;
  readonly by: By;
}

/**
 * Adds keys and what the audit trail says of them, all in one transaction, and tells the trail how many keys
 * came. A key that is there already must be the same in all but its last use, of which the later one is kept.
 * Throws `conflict` if a key, an event or the settings of the database differ, and then adds nothing.
 */
export async function addKeys(
  database: SqlDatabase,
  { settings, keys, events, by }: Addition,
): Promise<{ added: number; same: number }> {
  let [added, same] = [0, 0];
  let started = false;
  await database.transaction(async (session) => {
    // The stream cannot be read twice: a second run would add only the rest.
    if (started) throw runTwice();
    started = true;
    await keepSettings(session, settings);
    for await (const rows of keys) {
      if (rows.length === 0) continue;
      const inserted = await session.run(
        `${INSERT_INTO}${rows.map(() => ROW).join(', ')} ON CONFLICT DO NOTHING`,
        rows.flatMap(toParams),
      );
      added += inserted;
      same += rows.length - inserted;
      if (inserted < rows.length) await compareKeys(session, rows);
    }
    for await (const rows of events) {
      if (rows.length > 0 && (await insertEvents(session, rows)) < rows.length) {
        await compareEvents(session, rows);
      }
    }
    if (added > 0) await tell(session, by, 'imported', null, { keys: added });
  });
  return { added, same };
}

/** Of the others, the database keeps its own. */
const REFUSED_IF_OTHER: ReadonlySet<string> = new Set([
  DATABASE_SETTINGS.policy,
  DATABASE_SETTINGS.encryptionKeyCheck,
  DATABASE_SETTINGS.nextEncryptionKeyCheck,
]);

async function keepSettings(session: SqlSession, wanted: DatabaseSettings): Promise<void> {
  await lockEncryptionKey(session);
  const there = await settingsOf(session);
  const { nextEncryptionKeyCheck: next } = DATABASE_SETTINGS;
  if (there[next] !== undefined && there[next] !== wanted[next]) {
    throw new KeysError('conflict', 'the change of the encryption key of this database is not finished', {
      hint: 'run the change again with the same two keys; nothing was added',
    });
  }
  for (const [name, value] of Object.entries(wanted)) {
    const kept = there[name as keyof DatabaseSettings] ?? value;
    if (kept !== value && REFUSED_IF_OTHER.has(name)) {
      const what =
        name === DATABASE_SETTINGS.policy
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

async function compareKeys(session: SqlSession, rows: readonly KeyRow[]): Promise<void> {
  const there = await thoseThere(session, KEYS, rows);
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

async function compareEvents(session: SqlSession, rows: readonly AuditRow[]): Promise<void> {
  const there = await thoseThere(session, EVENTS, rows);
  const other = rows.find((row) => {
    const kept = there.get(row.id);
    return kept === undefined || content(kept) !== content(row);
  });
  if (other === undefined) return;
  throw new KeysError('conflict', `another event is there already: ${other.id}`, {
    hint: 'import into an empty database; nothing was added',
    details: { id: other.id },
  });
}

async function thoseThere<Row extends { readonly id: string }>(
  session: SqlSession,
  { select, read }: Table<Row>,
  rows: readonly Row[],
): Promise<Map<string, Row>> {
  const found = await session.all(
    `${select} WHERE id IN (${rows.map(() => '?').join(', ')})`,
    rows.map(({ id }) => id),
  );
  return new Map(found.map((row) => [String(row['id']), read(row)]));
}

/**
 * All of a row but a key's last use, as text that is equal for equal rows, whatever the order of what is in
 * it.
 */
function content(row: KeyRow | AuditRow): string {
  const sorted = (_: string, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return JSON.stringify({ ...row, last_used: null }, sorted);
}

function runTwice(): KeysError {
  return new KeysError('database_busy', 'other writers interrupted this', {
    hint: 'try again while nothing else uses the database',
    retryAfterSeconds: 1,
  });
}
