import type { KeyAction, ListEvents } from '../../domain/audit-event.js';
import { randomBase62 } from '../../domain/secret-format.js';
import type {
  SqlDatabase,
  SqlRow,
  SqlSession,
  SqlStatement,
  SqlValue,
} from '../../storage/sql/sql-database.js';
import { storedJson } from '../../storage/sql/stored-row.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import { eventDetails, KEY_EVENTS, requireEvent } from './stored-tables.js';

/** An event at rest; `at` in epoch milliseconds. See `AuditEvent`. */
export interface AuditRow {
  readonly id: string;
  readonly at: number;
  readonly actor: string;
  readonly action: KeyAction;
  readonly key_id: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Who does something, and when. */
export interface By {
  /** `owner`, or the id of the key that asks. */
  readonly actor: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

const COLUMNS = ['id', 'at', 'actor', 'action', 'key_id', 'details'] as const satisfies ReadonlyArray<
  keyof AuditRow
>;
export const SELECT_EVENTS = `SELECT ${COLUMNS.join(', ')} FROM key_events`;
const EVENT = `(${COLUMNS.map(() => '?').join(', ')})`;
const INSERT_INTO = `INSERT INTO key_events (${COLUMNS.join(', ')}) VALUES `;
const INSERT_ONE = INSERT_INTO + EVENT;

let written = 0;

/** Of events in one millisecond, those of one server stay in their order. */
function eventId(): string {
  written = (written + 1) % 36 ** 6;
  return `evt_${written.toString(36).padStart(6, '0')}${randomBase62(14)}`;
}

/** Says in the caller's transaction, so that neither is there without the other, what it does. */
export async function tell(
  session: SqlSession,
  by: By,
  action: KeyAction,
  key_id: string | null,
  details: AuditRow['details'],
): Promise<void> {
  const { sql, params } = telling(by, action, key_id, details);
  await session.run(sql, params);
}

/** The statement of `tell`. */
export function telling(
  { actor, at }: By,
  action: KeyAction,
  key_id: string | null,
  details: AuditRow['details'],
): SqlStatement {
  return { sql: INSERT_ONE, params: toParams({ id: eventId(), actor, at, action, key_id, details }) };
}

/** Returns how many were not there yet. */
export async function insertEvents(session: SqlSession, rows: readonly AuditRow[]): Promise<number> {
  return await session.run(
    `${INSERT_INTO}${rows.map(() => EVENT).join(', ')} ON CONFLICT (id) DO NOTHING`,
    rows.flatMap(toParams),
  );
}

/** A page of events, newest first. Throws `invalid_request` for a cursor that is not ours. */
export async function eventPage(
  database: Pick<SqlDatabase, 'all'>,
  query: ListEvents & { readonly limit: number },
): Promise<{ rows: AuditRow[]; next_cursor: string | null }> {
  const after = query.cursor === undefined ? null : decodeCursor(query.cursor);
  const conditions = [
    ...(query.key_id === undefined ? [] : ['key_id = ?']),
    ...(after === null ? [] : ['(at, id) < (?, ?)']),
  ];
  const where = conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : '';
  const found = await database.all(`${SELECT_EVENTS}${where} ORDER BY at DESC, id DESC LIMIT ?`, [
    ...(query.key_id === undefined ? [] : [query.key_id]),
    ...(after === null ? [] : [after.created_at, after.id]),
    query.limit + 1,
  ]);
  const rows = found.slice(0, query.limit).map(toAuditRow);
  const last = rows.at(-1);
  const more = found.length > query.limit && last !== undefined;
  return { rows, next_cursor: more ? encodeCursor({ created_at: last.at, id: last.id }) : null };
}

function toParams(row: AuditRow): SqlValue[] {
  return [row.id, row.at, row.actor, row.action, row.key_id, JSON.stringify(row.details)];
}

export function toAuditRow(row: SqlRow): AuditRow {
  requireEvent(row);
  return {
    id: String(row['id']),
    at: Number(row['at']),
    actor: String(row['actor']),
    action: String(row['action']) as KeyAction,
    key_id: row['key_id'] === null ? null : String(row['key_id']),
    details: storedJson<AuditRow['details']>(KEY_EVENTS, row, 'details', eventDetails),
  };
}
