import { KeysError } from '../domain/errors.js';

/**
 * Returns the cursor of the next page; null where a service says that there is none. Throws `bad_response`
 * where it says that there is more, and not where: the list would be taken for the whole.
 */
export function nextCursor(hasMore: boolean | undefined, cursor: string | null | undefined): string | null {
  if (!hasMore) return cursor ?? null;
  if (cursor) return cursor;
  throw new KeysError('bad_response', 'the service has more keys than it lists, and names no next page', {
    hint: 'the list would be incomplete; narrow it with a filter, or ask the service',
  });
}
