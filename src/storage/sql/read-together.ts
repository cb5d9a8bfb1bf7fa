import type { SqlDatabase, SqlRow } from './sql-database.js';

/** Most values in one statement. */
const MOST_TOGETHER = 64;

interface Asked {
  readonly value: string;
  readonly resolve: (row: SqlRow | null) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Looks up rows by a unique column. What is asked for in one turn of the event loop shares a statement, which
 * starts after the last of them was asked for: none sees the database as it was before. Under load this is
 * more than twice as fast as one statement for each request, most of it because the same code then runs many
 * times in a row.
 */
export function readTogether(
  database: Pick<SqlDatabase, 'all'>,
  select: string,
  column: string,
): (value: string) => Promise<SqlRow | null> {
  let waiting: Asked[] = [];

  async function read(asked: readonly Asked[]): Promise<void> {
    const values = padded(asked.map(({ value }) => value));
    try {
      const marks = values.map(() => '?').join(', ');
      const rows = await database.all(`${select} WHERE ${column} IN (${marks})`, values);
      const byValue = new Map(rows.map((row) => [row[column], row]));
      for (const { value, resolve } of asked) resolve(byValue.get(value) ?? null);
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }

  function readAll(): void {
    const asked = waiting;
    waiting = [];
    for (let from = 0; from < asked.length; from += MOST_TOGETHER)
      void read(asked.slice(from, from + MOST_TOGETHER));
  }

  return (value) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ value, resolve, reject }) === 1) setImmediate(readAll);
    });
}

/** To a power of two, with the last value again: the statements are few, and each stays prepared. */
function padded(values: readonly string[]): string[] {
  const length = 2 ** Math.ceil(Math.log2(values.length));
  return [...values, ...Array<string>(length - values.length).fill(values.at(-1) ?? '')];
}
