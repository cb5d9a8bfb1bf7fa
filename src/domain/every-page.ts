import { KeysError } from './errors.js';

interface Page<Row> {
  readonly rows: readonly Row[];
  /** Null on the last page. */
  readonly next_cursor: string | null;
}

/**
 * Every row of a list, page by page to the end, the next page asked for while this one is used. Memory holds two pages.
 * Throws `bad_answer` where a service's pages repeat themselves.
 */
export async function* everyPage<Row>(ask: (cursor?: string) => Promise<Page<Row>>): AsyncGenerator<Row> {
  let page = await ask();
  const seen = new Set<string>();
  for (;;) {
    const cursor = page.next_cursor;
    if (cursor !== null && (seen.has(cursor) || page.rows.length === 0)) {
      throw new KeysError('bad_answer', 'the service repeats a page of its list', {
        hint: 'the list may be incomplete; narrow it with a filter',
      });
    }
    const next = cursor === null ? null : ask(cursor);
    // Heard here, so that a page that fails while this one is used is not an unhandled rejection.
    next?.catch(() => undefined);
    yield* page.rows;
    if (next === null) return;
    if (cursor !== null) seen.add(cursor);
    page = await next;
  }
}
