import { KeysError } from '../../domain/errors.js';

/** `--limit`, without one as many as there are; `what` is counted. Throws `usage`. */
export function readLimit(text: string | undefined, what: string): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new KeysError('usage', `not a number of ${what}: ${JSON.stringify(text)}`, {
    hint: 'a whole number from 1',
  });
}

/** The first rows of a list; no more of it is asked for. */
export async function* take<Row>(rows: AsyncIterable<Row>, limit: number): AsyncGenerator<Row> {
  let left = limit;
  for await (const row of rows) {
    yield row;
    if (--left <= 0) return;
  }
}
