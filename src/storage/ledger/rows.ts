import type { KeysError } from '../../domain/errors.js';
import type { KeptPlace } from '../../domain/managed-key.js';
import type { SqlRow, SqlSession, SqlValue } from '../sql/sql-database.js';
import { ROWS_AT_ONCE } from '../sql/sql-database.js';
import {
  type ColumnType,
  damagedRow,
  requireColumns,
  type StoredTable,
  storedJson,
} from '../sql/stored-row.js';
import { keyRecord, managedBody, operationBody, versionState } from './stored-shapes.js';

/**
 * Tables of the ledger whose rows say which keys there are, where their secrets go, and what is unfinished.
 */
export type LedgerTable = 'known_keys' | 'known_digests' | 'managed_keys' | 'operations';

interface TableShape {
  /** Columns of the primary key. */
  readonly key: readonly string[];
  /** Every column that decides what the program does; `updated_at` and `used_here` only inform. */
  readonly deciding: readonly string[];
  /** Columns with a default, for a row that is new. */
  readonly defaults: SqlRow;
  /** What each column holds; those that are not named here are looked at by nobody. */
  readonly types: Readonly<Record<string, ColumnType>>;
}

export const LEDGER_TABLES: Readonly<Record<LedgerTable, TableShape>> = {
  known_keys: {
    key: ['provider', 'place', 'id'],
    deciding: [
      ...['provider', 'place', 'id', 'record', 'secret_item', 'base_url', 'roll_by'],
      ...['managed_key', 'generation', 'state', 'ends_at', 'position'],
    ],
    defaults: { managed_key: null, generation: 1, state: null, ends_at: null, position: 0, used_here: null },
    types: {
      ...{ provider: 'text', place: 'text', id: 'text', record: 'text', secret_item: 'text or null' },
      ...{ base_url: 'text or null', roll_by: 'integer or null', updated_at: 'integer' },
      ...{ managed_key: 'text or null', generation: 'integer', state: 'text or null' },
      ...{ ends_at: 'integer or null', position: 'integer', used_here: 'integer or null' },
    },
  },
  known_digests: {
    key: ['digest'],
    deciding: ['digest', 'provider', 'place', 'id'],
    defaults: {},
    types: { digest: 'text', provider: 'text', place: 'text', id: 'text' },
  },
  managed_keys: {
    key: ['id'],
    deciding: ['id', 'provider', 'address', 'account', 'name', 'body', 'created_at'],
    defaults: {},
    types: {
      ...{ id: 'text', provider: 'text', address: 'text', account: 'text', name: 'text', body: 'text' },
      created_at: 'integer',
    },
  },
  operations: {
    key: ['id'],
    deciding: ['id', 'body', 'created_at'],
    defaults: {},
    types: { id: 'text', body: 'text', created_at: 'integer' },
  },
};

/** The JSON columns of the ledger, with what they hold. */
const JSON_COLUMNS = {
  known_keys: ['record', keyRecord],
  managed_keys: ['body', managedBody],
  operations: ['body', operationBody],
} as const;

const storedTable = (name: string, key: readonly string[]): StoredTable => ({ of: 'the ledger', name, key });

/** The JSON of a row of the ledger. Throws `database_damaged` where it is not as this program writes it. */
export function jsonOf<Value>(table: keyof typeof JSON_COLUMNS, row: SqlRow): Value {
  const [column, shape] = JSON_COLUMNS[table];
  return storedJson<Value>(storedTable(table, LEDGER_TABLES[table].key), row, column, shape);
}

export function damagedLedgerRow(table: LedgerTable, row: SqlRow, what: string): KeysError {
  return damagedRow(storedTable(table, LEDGER_TABLES[table].key), row, what);
}

/** Throws `database_damaged` for a column that holds nothing that this program writes there. */
export function requireSoundRow(table: LedgerTable, row: SqlRow): SqlRow {
  const { key, types } = LEDGER_TABLES[table];
  requireColumns(storedTable(table, key), row, types);
  const state = row['state'] ?? null;
  if (state !== null && versionState(state) !== null)
    throw damagedLedgerRow(table, row, 'state is no state of a version');
  return row;
}

/** Reads and writes rows of the ledger. Rows of a shared ledger are authenticated: see `sharedRows`. */
export interface LedgerRows {
  /**
   * The rows that fit, in order. `tail` follows the table's name, such as `WHERE id = ?`. Throws
   * `database_damaged` for a row that this program has not written so.
   */
  read(
    session: Pick<SqlSession, 'all'>,
    table: LedgerTable,
    tail: string,
    params: readonly SqlValue[],
  ): Promise<SqlRow[]>;
  /** Adds a row, or changes these columns of it. */
  put(session: SqlSession, table: LedgerTable, row: SqlRow): Promise<void>;
  /** Changes these columns of the row with this primary key; false where there is none. */
  change(session: SqlSession, table: LedgerTable, row: SqlRow): Promise<boolean>;
  /** Adds many rows, as a move does. Fails for a row that is there. */
  insertAll(session: SqlSession, table: LedgerTable, rows: readonly SqlRow[]): Promise<void>;
  /** An account's address as a column has it, for a condition. */
  address(address: string): string;
  /** A place's id as the database has it. */
  placeId(place: Omit<KeptPlace, 'delivered'>): string;
}

/** Rows of a ledger that only its own user can write: the SQLite file in the data directory. */
export const localRows: LedgerRows = {
  async read(session, table, tail, params) {
    const rows = await session.all(`SELECT * FROM ${table} ${tail}`, params);
    return rows.map((row) => requireSoundRow(table, row));
  },

  async put(session, table, row) {
    const { key } = LEDGER_TABLES[table];
    const columns = Object.keys(row);
    const changed = columns.filter((column) => !key.includes(column));
    const update =
      changed.length === 0
        ? 'NOTHING'
        : `UPDATE SET ${changed.map((column) => `${column} = excluded.${column}`).join(', ')}`;
    await session.run(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
       ON CONFLICT (${key.join(', ')}) DO ${update}`,
      Object.values(row),
    );
  },

  change: async (session, table, row) => (await updateRow(session, table, row)) > 0,

  insertAll: (session, table, rows) => insertRows(session, table, rows),

  address: (address) => address,

  placeId: ({ id }) => id,
};

/** Values of the columns of the primary key. */
export function primaryKeyOf(table: LedgerTable, row: SqlRow): SqlValue[] {
  return LEDGER_TABLES[table].key.map((column) => row[column] ?? null);
}

/** The condition that finds one row by its primary key. */
export function whereKey(table: LedgerTable): string {
  return `WHERE ${LEDGER_TABLES[table].key.map((column) => `${column} = ?`).join(' AND ')}`;
}

/** Changes the columns of a row that are not its primary key. Returns how many rows changed. */
export async function updateRow(session: SqlSession, table: LedgerTable, row: SqlRow): Promise<number> {
  const { key } = LEDGER_TABLES[table];
  const changed = Object.keys(row).filter((column) => !key.includes(column));
  return await session.run(
    `UPDATE ${table} SET ${changed.map((column) => `${column} = ?`).join(', ')} ${whereKey(table)}`,
    [...changed.map((column) => row[column] ?? null), ...primaryKeyOf(table, row)],
  );
}

/** Inserts rows that all have the columns of the first. `onConflict`: what follows the values. */
export async function insertRows(
  session: SqlSession,
  table: LedgerTable | 'escrow' | 'managed_places' | 'operation_keys',
  rows: readonly SqlRow[],
  onConflict = '',
): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    const some = rows.slice(start, start + ROWS_AT_ONCE);
    const columns = Object.keys(some[0] ?? {});
    const places = `(${columns.map(() => '?').join(', ')})`;
    await session.run(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${some.map(() => places).join(', ')} ${onConflict}`,
      some.flatMap((row) => columns.map((column) => row[column] ?? null)),
    );
  }
}
