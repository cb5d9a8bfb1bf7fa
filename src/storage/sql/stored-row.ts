import { KeysError } from '../../domain/errors.js';
import type { Shape } from '../../domain/shapes.js';
import type { SqlRow } from './sql-database.js';

/** A table whose rows are checked where they are read. */
export interface StoredTable {
  /** Such as `the ledger`, for messages. */
  readonly of: string;
  readonly name: string;
  /** The columns of its primary key. */
  readonly key: readonly string[];
}

export type ColumnType = 'text' | 'text or null' | 'integer' | 'integer or null';

/**
 * A row that another program, a repair by hand or a failing disk has left in a state that this program never
 * writes. The message names the row and the column, and holds no value of it.
 */
export function damagedRow({ of, name, key }: StoredTable, row: SqlRow, what: string): KeysError {
  const id = key.map((column) => shortText(row[column])).join(' ');
  return new KeysError('database_damaged', `${of} has a damaged row: ${name} ${id}: ${what}`, {
    hint: 'restore the database from a backup, or correct this row with SQL',
    details: { table: name, row: id },
  });
}

/** Longest text of a primary key that a message shows. */
const LONGEST_SHOWN = 200;

function shortText(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value.slice(0, LONGEST_SHOWN) : '(no text)';
}

const HOLDS: Readonly<Record<ColumnType, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  'text or null': (value) => value === null || typeof value === 'string',
  integer: (value) => Number.isSafeInteger(value),
  'integer or null': (value) => value === null || Number.isSafeInteger(value),
};

/** Throws `database_damaged` for a column of another type. SQLite keeps any value in any column. */
export function requireColumns(
  table: StoredTable,
  row: SqlRow,
  types: Readonly<Record<string, ColumnType>>,
): void {
  for (const column in types) {
    const type = types[column];
    if (type !== undefined && !HOLDS[type](row[column]))
      throw damagedRow(table, row, `${column} is no ${type}`);
  }
}

/** The JSON of a column. Throws `database_damaged` where it is none, or has another shape. */
export function storedJson<Value>(table: StoredTable, row: SqlRow, column: string, shape: Shape): Value {
  const text = row[column];
  let value: unknown;
  try {
    value = typeof text === 'string' ? JSON.parse(text) : undefined;
  } catch {
    value = undefined;
  }
  if (value === undefined) throw damagedRow(table, row, `${column} is no JSON`);
  const problem = shape(value);
  if (problem === null) return value as Value;
  const member = [column, ...problem.path].map(String).join('.');
  throw damagedRow(table, row, `${shortText(member)} is ${problem.message}`);
}
