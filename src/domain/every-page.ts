import { KeysError } from './errors.js';

/** Pages in a row without a row that passes the filter: more than any list of ours has. */
const MOST_EMPTY_PAGES = 1_000;
/** More pages than any real list has: a list that is longer has no end. */
const MOST_PAGES = 2_000;
/** More characters than a request's address or header can carry. All cursors of a list are remembered. */
const LONGEST_CURSOR = 16_000;

interface Page<Row> {
  readonly rows: readonly Row[];
  /** Null on the last page. */
  readonly next_cursor: string | null;
}

/**
 * Every row of a list, page by page to the end, the next page asked for while this one is used. Memory holds
 * two pages. Throws `bad_response` where a service's pages repeat themselves or have no end.
 */
export async function* everyPage<Row extends { readonly id: string }>(
  ask: (cursor?: string) => Promise<Page<Row>>,
): AsyncGenerator<Row> {
  let page = await ask();
  let before = new Set<string>();
  let [empty, stale] = [0, 0];
  const seen = new Set<string>();
  for (let pages = 1; ; pages++) {
    const cursor = page.next_cursor;
    const ids = new Set(page.rows.map(({ id }) => id));
    empty = ids.size === 0 ? empty + 1 : 0;
    if (ids.size > 0) stale = [...ids].every((id) => before.has(id)) ? stale + 1 : 0;
    // Of two pages that overlap, a filter may leave only the key that both have.
    if (stale > 1 || (stale === 1 && ids.size > 1) || (cursor !== null && seen.has(cursor))) {
      throw new KeysError('bad_response', 'the service repeats a page of its list', {
        hint: 'the list may be incomplete; narrow it with a filter',
      });
    }
    if (cursor !== null && cursor.length > LONGEST_CURSOR) {
      throw new KeysError('bad_response', `the service's list has a cursor of ${cursor.length} characters`, {
        hint: 'the list may be incomplete; narrow it with a filter',
      });
    }
    if (cursor !== null && (pages >= MOST_PAGES || empty > MOST_EMPTY_PAGES)) {
      throw new KeysError('bad_response', `the service's list has not ended after ${pages} pages`, {
        hint: 'narrow it with a filter, or name the key by its id',
      });
    }
    const next = cursor === null ? null : ask(cursor);
    // Attach a handler now; otherwise a failed prefetch is an unhandled rejection.
    next?.catch(() => undefined);
    // Pages overlap where a row was added at the front meanwhile.
    for (const row of page.rows) if (row.id === '' || !before.has(row.id)) yield row;
    if (next === null) return;
    if (cursor !== null) seen.add(cursor);
    if (ids.size > 0) before = ids;
    page = await next;
  }
}
