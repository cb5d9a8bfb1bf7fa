import type { Clock } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import type { KeyService } from '../../domain/key-service.js';

/** Pages that are read however long they take, up to `LONGEST_MS`. */
const USUAL_PAGES = 200;
/** How long more pages than that may take, in milliseconds: a fast service's long list is read to its end. */
const USUAL_MS = 5_000;
/** How long any list may take, in milliseconds. */
const LONGEST_MS = 120_000;

/**
 * The service's list, to be read once. Throws `bad_response` instead of the next page where the list takes
 * longer than somebody waits: a broken service's list has no end. `help`: what the hint says then.
 */
export function boundedList(
  { service, clock }: { readonly service: Pick<KeyService, 'list'>; readonly clock: Clock },
  help?: string,
): Pick<KeyService, 'list'> {
  const start = clock.now();
  let pages = 0;
  return {
    async list(query) {
      const elapsed = clock.now() - start;
      if (elapsed > LONGEST_MS || (pages >= USUAL_PAGES && elapsed > USUAL_MS)) {
        throw new KeysError('bad_response', `the service's list has not ended after ${pages} pages`, {
          hint: ['nothing was changed', ...(help === undefined ? [] : [help])].join('; '),
        });
      }
      pages++;
      return await service.list(query);
    },
  };
}
