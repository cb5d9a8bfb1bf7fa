import type { ConsoleContext } from './visit.js';

/** Longest that a browser waits before it gets a page that names the service. */
const FIRST_MS = 1_000;
/** Most pages that are kept for browsers that went elsewhere. */
const MOST = 20;

/** Shows a page of its own while a service is slow, and the page itself as soon as there is one. */
export type SlowPages = (
  context: ConsoleContext,
  browser: string,
  work: () => Promise<Response>,
  waiting: () => Response,
) => Promise<Response>;

/**
 * Returns what bounds the wait for a page. A browser whose page is late gets `waiting`, which leads on to the
 * same address: that request gets the page that was begun, so that nothing is asked of the service twice.
 * `browser`: the session's cookie.
 */
export function createSlowPages(sleep: (ms: number) => Promise<void>): SlowPages {
  const begun = new Map<string, Promise<Response>>();
  return async (context, browser, work, waiting) => {
    const address = context.req.path + new URL(context.req.url).search;
    const key = `${browser} ${address}`;
    const known = begun.get(key);
    if (known !== undefined) {
      begun.delete(key);
      return await known;
    }
    const page = work();
    const late = sleep(FIRST_MS).then(() => null);
    const first = await Promise.race([page, late]);
    if (first !== null) return first;
    if (begun.size >= MOST) begun.delete(begun.keys().next().value ?? '');
    begun.set(key, page);
    // Nobody may come for it.
    page.catch(() => undefined);
    const response = waiting();
    response.headers.set('refresh', `0; url=${address}`);
    return response;
  };
}
