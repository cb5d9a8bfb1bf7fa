import { allKeys } from '../../domain/all-keys.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import type { KeyPage, KeyService, ListKeys } from '../../domain/key-service.js';
import { type FormFields, readFilters } from './key-form.js';

/** Orders of the list. The service has the first; the others sort the newest `MOST_SORTED` keys. */
export const SORTS = [
  ['', 'newest first'],
  ['last_used:desc', 'last used'],
  ['expires_at', 'expires first'],
  ['name', 'name'],
] as const;

/** Most keys that are read to sort them. */
export const MOST_SORTED = 1_000;
/** Most pages that can be gone back one by one. */
const MOST_BACK = 20;
/** Most empty pages that are passed over. */
const MOST_EMPTY = 500;

/** One page of the list. */
export interface KeyList {
  readonly keys: readonly Key[];
  /**
   * What the query of the page before has, and of the next one; null: there is none, or the address is too
   * long to know it.
   */
  readonly previous: Readonly<Record<string, string>> | null;
  readonly next: Readonly<Record<string, string>> | null;
  readonly isFirst: boolean;
  /** Whether there are more keys than were sorted. */
  readonly cut: boolean;
  /** How many keys come before this page. */
  readonly from: number;
  /** How many there are; null: it is not known. */
  readonly total: number | null;
}

/** The page of keys that the query asks for. Throws what the service throws. */
export async function findKeyList(service: KeyService, query: FormFields, limit: number): Promise<KeyList> {
  const order = ORDERS[query.get('sort') ?? ''];
  if (order !== undefined) return await sortedList(service, query, limit, order);
  const { keys, next_cursor } = await nextKeys(service, { ...readFilters(query), limit });
  const cursor = query.get('cursor') ?? '';
  const back = (query.get('back') ?? '').split(',').map(decoded);
  const joined = (cursors: readonly string[]) => cursors.slice(-MOST_BACK).map(encodeURIComponent).join(',');
  // A cursor does not say how many keys come before it: the address keeps count.
  const from = cursor === '' ? 0 : countIn(query);
  const before = Math.max(0, from - limit);
  const last = back.at(-1) ?? '';
  // Only the first page has no cursor, and no key comes before it.
  const isForgotten = last === '' && before > 0;
  return {
    keys,
    previous:
      cursor === '' || isForgotten
        ? null
        : { cursor: last, back: joined(back.slice(0, -1)), from: String(before) },
    isFirst: cursor === '',
    next:
      next_cursor === null
        ? null
        : {
            ...{ cursor: next_cursor, from: String(from + keys.length) },
            back: joined(cursor === '' ? [''] : [...back, cursor]),
          },
    cut: false,
    from,
    total: next_cursor === null ? from + keys.length : null,
  };
}

/**
 * The next page that has a key, or the last one. Pages are empty where a service does not filter by itself,
 * and where only the ledger knows the status that is asked for.
 */
export async function nextKeys(service: Pick<KeyService, 'list'>, query: ListKeys): Promise<KeyPage> {
  let page = await service.list(query);
  for (let pages = 1; page.keys.length === 0 && page.next_cursor !== null && pages < MOST_EMPTY; pages++) {
    page = await service.list({ ...query, cursor: page.next_cursor });
  }
  return page;
}

/** How many keys the address says to leave out. */
function countIn(query: FormFields): number {
  const count = Math.floor(Number(query.get('from')) || 0);
  return Math.min(Math.max(0, count), Number.MAX_SAFE_INTEGER);
}

/** A part of an address. Throws `invalid_request`. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new KeysError('invalid_request', 'this address has a part that cannot be read');
  }
}

type Order = (a: Key, b: Key) => number;

/** A time that is unknown or never comes last. */
const byTime = (one: string | null | undefined, other: string | null | undefined, sign: 1 | -1): number => {
  if (!one || !other) return (one ? 0 : 1) - (other ? 0 : 1);
  return (Date.parse(one) - Date.parse(other)) * sign;
};

/** The order for this choice of `SORTS`; the newest first for any other. */
export function orderOf(sort: string): Order {
  return ORDERS[sort] ?? ((a, b) => byTime(a.created_at, b.created_at, -1));
}

/** The use by this program counts where the vendor tells none. */
const lastUse = ({ last_used, last_used_here }: Key) => last_used ?? last_used_here;

const ORDERS: Readonly<Record<string, Order>> = {
  'last_used:desc': (a, b) => byTime(lastUse(a), lastUse(b), -1),
  expires_at: (a, b) => byTime(a.expires_at, b.expires_at, 1),
  name: (a, b) => a.name.localeCompare(b.name, 'en'),
};

async function sortedList(
  service: KeyService,
  query: FormFields,
  limit: number,
  order: Order,
): Promise<KeyList> {
  const found: Key[] = [];
  let cut = false;
  for await (const key of allKeys(service, readFilters(query))) {
    cut = found.length >= MOST_SORTED;
    if (cut) break;
    found.push(key);
  }
  // An address from before keys were deleted shows the last page.
  const from = Math.min(countIn(query), Math.floor(Math.max(0, found.length - 1) / limit) * limit);
  return {
    keys: found.sort(order).slice(from, from + limit),
    previous: from === 0 ? null : { from: String(Math.max(0, from - limit)) },
    isFirst: from === 0,
    next: from + limit < found.length ? { from: String(from + limit) } : null,
    cut,
    from,
    total: cut ? null : found.length,
  };
}
