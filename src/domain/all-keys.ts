import { compact } from './compact.js';
import { everyPage } from './every-page.js';
import type { Key } from './key.js';
import type { KeyService, ListKeys } from './key-service.js';

/** Most keys asked for in one page. */
const PAGE = 500;

/** Every key that a query finds; see `everyPage`. */
export function allKeys(service: Pick<KeyService, 'list'>, query: ListKeys): AsyncGenerator<Key> {
  return everyPage(async (cursor) => {
    const page = await service.list({ limit: PAGE, ...query, ...compact({ cursor }) });
    return { rows: page.keys, next_cursor: page.next_cursor };
  });
}
