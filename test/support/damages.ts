import type { SqlDatabase, SqlRow, SqlValue } from '../../src/storage/sql/sql-database.js';

/** What a column holds that this program has not written there. */
const DAMAGES: ReadonlyArray<readonly [what: string, value: SqlValue]> = [
  ['cut JSON', '{"id": "key_1", "na'],
  ['null as JSON', 'null'],
  ['an empty object', '{}'],
  ['a list of numbers', '[1, 2]'],
  ['a number as JSON', '7'],
  ['an empty text', ''],
  ['a number', 7],
  ['a fraction', 1.5],
  ['a number beyond what is exact', 2 ** 60],
  ['null', null],
  ['bytes', new Uint8Array([0xff, 0xfe, 0])],
];

/** Those that a database of typed columns keeps in some column, one of each kind. */
const FEW: ReadonlySet<string> = new Set(['cut JSON', 'null as JSON', 'a number beyond what is exact']);

/** In place of a member of JSON. */
const MEMBERS: readonly unknown[] = [null, 5, 0.5, 'x', true, [], {}, [null], { x: null }];

/** Nothing waits for the disk. */
const NOT_LASTING = { lasting: false };

export interface Damage {
  readonly table: string;
  readonly column: string;
  readonly what: string;
}

/**
 * Damages one column of all rows after the other, each time in another way, looks, and puts back what was
 * there. What the database itself refuses to keep is left out. `few`: one of each kind. Returns how many
 * there were.
 */
export async function damageColumns(
  database: SqlDatabase,
  tables: Readonly<Record<string, readonly string[]>>,
  look: (damage: Damage) => Promise<void>,
  { few = false } = {},
): Promise<number> {
  let count = 0;
  const damages = few ? DAMAGES.filter(([what]) => FEW.has(what)) : DAMAGES;
  for (const [table, key] of Object.entries(tables)) {
    const rows = await database.all(`SELECT * FROM ${table}`);
    for (const column of Object.keys(rows[0] ?? {})) {
      // Columns of the primary key are how the row is put back.
      if (key.includes(column)) continue;
      for (const [what, value] of damages) {
        if (!(await set(database, { table, column, value }))) continue;
        count++;
        await look({ table, column, what });
        for (const row of rows) await restore(database, { table, key, column, row });
      }
    }
  }
  return count;
}

async function set(
  database: SqlDatabase,
  { table, column, value }: { readonly table: string; readonly column: string; readonly value: SqlValue },
): Promise<boolean> {
  try {
    await database.run(`UPDATE ${table} SET ${column} = ?`, [value], NOT_LASTING);
    return true;
  } catch {
    return false;
  }
}

interface Place {
  readonly table: string;
  readonly key: readonly string[];
  readonly column: string;
  readonly row: SqlRow;
}

async function restore(database: SqlDatabase, { table, key, column, row }: Place): Promise<void> {
  const where = key.map((name) => `${name} = ?`).join(' AND ');
  const values = [row[column] ?? null, ...key.map((name) => row[name] ?? null)];
  await database.run(`UPDATE ${table} SET ${column} = ? WHERE ${where}`, values, NOT_LASTING);
}

/** As `damageColumns`, of each member of the JSON of a column, at every depth. */
export async function damageMembers(
  database: SqlDatabase,
  { table, key, column }: Omit<Place, 'row'>,
  look: (damage: Damage) => Promise<void>,
): Promise<number> {
  let count = 0;
  for (const row of await database.all(`SELECT * FROM ${table}`)) {
    for (const [what, value] of variants(JSON.parse(String(row[column])))) {
      await restore(database, { table, key, column, row: { ...row, [column]: JSON.stringify(value) } });
      count++;
      await look({ table, column, what });
    }
    await restore(database, { table, key, column, row });
  }
  return count;
}

/** The value with one member that is gone, or is something else. */
export function* variants(value: unknown): Generator<readonly [what: string, value: unknown]> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    const instead = (other: unknown) =>
      Array.isArray(value)
        ? value.map((one, at) => (at === Number(name) ? other : one))
        : { ...value, [name]: other };
    for (const other of MEMBERS) yield [`${name}: ${JSON.stringify(other)}`, instead(other)];
    if (!Array.isArray(value)) {
      const { [name as keyof typeof value]: _, ...rest } = value;
      yield [`${name} is gone`, rest];
    }
    for (const [what, other] of variants(inner)) yield [`${name}.${what}`, instead(other)];
  }
}
