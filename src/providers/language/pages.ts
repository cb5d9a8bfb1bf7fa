import type { Key } from '../../domain/key.js';
import { nearest } from '../../domain/nearest.js';
import { DefinitionMistake } from '../definition-mistake.js';
import { pathsIn, valueAt } from './paths.js';
import { aCount, aNumber, aText, objectOf, type Shape } from './shape.js';

/** The page that is asked for. */
interface PageRequest {
  readonly cursor: string | undefined;
  readonly limit: number | undefined;
}

/** Where requests go, for links to a next page, and where it is said that a response lacks a member. */
interface PageOrigins {
  /** The service's own address. */
  readonly baseUrl: string;
  /** The vendor's published one; null where it has none. */
  readonly published: string | null;
  readonly note: (field: string, problem: string) => void;
  readonly isOwnFile: boolean;
}

/** How pages of a list are requested, and where the next cursor is. */
export interface Pages {
  /** Members of the query, or of the body where the list is a POST. */
  query(page: PageRequest): Readonly<Record<string, string | number | undefined>>;
  /**
   * The next page's cursor; undefined on the last page. Throws `DefinitionMistake` for a page that says there
   * is more and not where.
   */
  next(body: unknown, keys: readonly Key[], page: PageRequest, origins: PageOrigins): string | undefined;
  /** Whether a cursor is a path with its query, asked for as it is. */
  readonly byPath?: boolean;
}

/** A page's size: as many as are wanted, within what the vendor takes. */
function sizeOf(limit: number | undefined, most: number, least = 1): number {
  return Math.max(least, Math.min(limit ?? most, most));
}

interface Size {
  /** The parameter for a page's size; absent: the vendor has none. */
  readonly size?: string;
  /** Most keys in a page, and how many a page has where the size cannot be said. */
  readonly most: number;
  readonly least?: number;
}

const sized = ({ size, most, least }: Size, limit: number | undefined) =>
  size === undefined ? {} : { [size]: sizeOf(limit, most, least) };

/** One list of everything. */
const none: Pages = { query: () => ({}), next: () => undefined };

/** `?page=2&per_page=50`, until `total` keys were seen; without `total` until a page is not full. */
function numbered(
  of: Size & { readonly page?: string; readonly total?: string; readonly from?: number },
): Pages {
  const { page: name = 'page', total, from = 1 } = of;
  return {
    query: ({ cursor, limit }) => ({ [name]: placeOf(cursor, from).page, ...sized(of, limit) }),
    next(body, keys, { cursor, limit }, origins) {
      const { page, size: told } = placeOf(cursor, from);
      const asked = of.size === undefined ? of.most : sizeOf(limit, of.most, of.least);
      const all = totalIn(body, total, { keys, isFirst: cursor === undefined }, origins);
      // A vendor may have shorter pages than were asked for: the first one shows it.
      const isShort = cursor === undefined && keys.length < Math.min(asked, all ?? 0);
      const size = isShort ? keys.length : (told ?? asked);
      const more = all === undefined ? keys.length >= size : (page - from + 1) * size < all;
      if (!more || keys.length === 0) return undefined;
      return size === asked ? String(page + 1) : `${page + 1}:${size}`;
    },
  };
}

/** The page that a cursor names, and how many keys a page has, where those are fewer than were asked for. */
function placeOf(
  cursor: string | undefined,
  from: number,
): { readonly page: number; readonly size?: number } {
  const [page, size] = (cursor ?? '').split(':');
  return { page: page ? Number(page) : from, ...(size === undefined ? {} : { size: Number(size) }) };
}

/** `?offset=40&limit=20`, until `total` keys were seen; without `total` until a page is not full. */
function offset(of: Size & { readonly offset?: string; readonly total?: string }): Pages {
  const { offset: name = 'offset' } = of;
  return {
    query: ({ cursor, limit }) => ({ [name]: cursor, ...sized(of, limit) }),
    next(body, keys, { cursor, limit }, origins) {
      const seen = Number(cursor ?? 0) + keys.length;
      const all = totalIn(body, of.total, { keys, isFirst: cursor === undefined }, origins);
      const size = of.size === undefined ? of.most : sizeOf(limit, of.most, of.least);
      const more = all === undefined ? keys.length >= size : seen < all;
      return more && keys.length > 0 ? String(seen) : undefined;
    },
  };
}

/**
 * How many keys there are, as a response says it. Undefined where none is named, and where a file of the
 * user's own names one that is not there: then the list goes on until a page is not full. A vendor may have
 * no pages in one of its lists: a definition that comes with the program knows that, and that list ends.
 */
function totalIn(
  body: unknown,
  path: string | undefined,
  { keys, isFirst }: { readonly keys: readonly Key[]; readonly isFirst: boolean },
  { note, isOwnFile }: PageOrigins,
): number | undefined {
  if (path === undefined) return undefined;
  const found = valueAt(body, path);
  const total = typeof found === 'string' && found !== '' ? Number(found) : found;
  if (typeof total === 'number' && Number.isFinite(total)) {
    if (!isOwnFile) return total;
    if (isFirst && keys.length === 0 && total > 0)
      note('keys.list.pages', `the first page is empty, and ${path} is ${total}: does it begin elsewhere?`);
    if (total >= keys.length) return total;
    const problem = `is ${total}, and the page has ${keys.length} keys`;
    note(`keys.list.pages: total (${path})`, `${problem}; the list goes on until a page is not full`);
    return undefined;
  }
  if (!isOwnFile) return 0;
  const near = nearest(path, pathsIn(body));
  const meant = near === null ? '' : ` (did you mean ${near}?)`;
  const problem = found === undefined ? `is not in the response${meant}` : 'is not a number';
  note(`keys.list.pages: total (${path})`, `${problem}; the list goes on until a page is not full`);
  return undefined;
}

/**
 * Notes that the first page does not say whether there is another one, although it is as long as pages are,
 * or says it under a name that is almost the one of the definition. Vendors leave the member out of the last
 * page, so nothing is said of a shorter one.
 */
function noteUntold(
  { member, path, whole }: { readonly member: string; readonly path: string; readonly whole: boolean },
  body: unknown,
  { note, isOwnFile }: PageOrigins,
): void {
  if (!isOwnFile || valueAt(body, path) !== undefined) return;
  const near = nearest(path, pathsIn(body));
  if (!whole && !(near !== null && valueAt(body, near))) return;
  const meant = near === null ? '' : ` (did you mean ${near}?)`;
  const problem = `is not in the response${meant}; if there are more keys, they may not be listed`;
  note(`keys.list.pages: ${member} (${path})`, problem);
}

/** Names of members that say that a list goes on, whatever the vendor calls its pages. */
const GOES_ON = /^(next\w*|\w*cursor|has_?(more|next)\w*)$/i;
const TOTAL = /^(total\w*|\w*count)$/i;

/**
 * Notes a response that says that there is more than it shows, where a file of the user's own has no
 * `keys.list.pages`.
 */
export function noteNoPages(body: unknown, shown: number, { note, isOwnFile }: PageOrigins): void {
  if (!isOwnFile) return;
  const said = pathsIn(body).find((path) => {
    const name = path.replace(/^.*\./, '');
    const value = valueAt(body, path);
    const isMore = value === true || (typeof value === 'string' && value !== '');
    return GOES_ON.test(name) ? isMore : TOTAL.test(name) && typeof value === 'number' && value > shown;
  });
  if (said !== undefined) note('keys.list.pages', `is missing, and ${said} says that there may be more keys`);
}

/** Names of a total that can be of keys alone, whatever else a response counts. */
const TOTAL_OF_KEYS = /^total(_?(count|keys|items|records|results))?$/i;

/**
 * Notes that pages end with the first one although the response names a greater total: `next` says that there
 * is no other page by returning nothing, and so does one that forgets to return.
 */
export function noteEarlyEnd(body: unknown, shown: number, { note, isOwnFile }: PageOrigins): void {
  if (!isOwnFile || shown === 0) return;
  const said = pathsIn(body).find((path) => {
    const total = valueAt(body, path);
    return TOTAL_OF_KEYS.test(path.replace(/^.*\./, '')) && typeof total === 'number' && total > shown;
  });
  if (said === undefined) return;
  const problem = `is ${valueAt(body, said)}, and next says that the first page is the last: it has ${shown}`;
  note(`keys.list.pages: ${said}`, problem);
}

/**
 * The response names the next page (`next`), or the last id is the cursor. `more`: the member that says
 * whether there is one.
 */
function after(
  of: Size & { readonly cursor: string; readonly more?: string; readonly next?: string },
): Pages {
  return {
    query: ({ cursor, limit }) => ({ [of.cursor]: cursor, ...sized(of, limit) }),
    next(body, keys, { cursor, limit }, origins) {
      const whole = keys.length >= of.most;
      if (cursor === undefined && of.more !== undefined)
        noteUntold({ member: 'more', path: of.more, whole }, body, origins);
      const full = keys.length >= sizeOf(limit, of.most, of.least);
      // Some vendors leave out what is false: a page that is not full is the last one then.
      const told = of.more !== undefined && !(full && valueAt(body, of.more) === undefined);
      const more = told ? valueAt(body, of.more ?? '') === true : undefined;
      if (more === false) return undefined;
      if (cursor === undefined && of.next !== undefined && more === undefined)
        noteUntold({ member: 'next', path: of.next, whole }, body, origins);
      const named =
        of.next === undefined ? (more || full ? keys.at(-1)?.id : undefined) : valueAt(body, of.next);
      if (named !== undefined && named !== null && named !== '') return String(named);
      if (more)
        throw new DefinitionMistake(
          of.next ?? 'id',
          `is missing, although ${of.more} says that there are more keys`,
        );
      return undefined;
    },
  };
}

/**
 * The response has a link to the next page; its path and query are asked for at the service's own address.
 */
function link(of: Size & { readonly next: string }): Pages {
  return {
    byPath: true,
    query: ({ limit }) => sized(of, limit),
    next(body, keys, { cursor }, origins) {
      const found = valueAt(body, of.next);
      if (cursor === undefined)
        noteUntold({ member: 'next', path: of.next, whole: keys.length >= of.most }, body, origins);
      if (typeof found !== 'string' || found === '') return undefined;
      return pathOfLink(found, of.next, origins);
    },
  };
}

/**
 * `way`, which throws `DefinitionMistake` for parameters that it does not have, of another type, and without
 * those that it needs.
 */
function checked<Of extends object>(
  name: string,
  needed: ReadonlyArray<keyof Required<Of> & string>,
  shape: Shape<Of>,
  way: (of: Of) => Pages,
) {
  const check = objectOf(shape, needed);
  return (of: Of): Pages => {
    check(of, `pages.${name}`);
    return way(of);
  };
}

function pathOfLink(found: string, at: string, { baseUrl, published }: PageOrigins): string {
  const base = new URL(baseUrl);
  let url: URL;
  try {
    url = new URL(found, base.origin);
  } catch {
    throw new DefinitionMistake(at, 'is not a link');
  }
  const known = [base.origin, ...(published === null ? [] : [originOf(published)])];
  if (!known.includes(url.origin))
    throw new DefinitionMistake(at, `leads to another service (${url.origin}); it was not followed`);
  const prefix = base.pathname.replace(/\/$/, '');
  const path = url.pathname.startsWith(`${prefix}/`) ? url.pathname.slice(prefix.length) : url.pathname;
  return path + url.search;
}

/** The origin of an address whose host may have `{name}` in it. */
function originOf(address: string): string {
  return /^https?:\/\/[^/]+/.exec(address)?.[0] ?? address;
}

const SIZE = { size: aText, most: aCount, least: aCount } as const;

export const pages = {
  none,
  numbered: checked('numbered', ['most'], { ...SIZE, page: aText, total: aText, from: aNumber }, numbered),
  offset: checked('offset', ['most'], { ...SIZE, offset: aText, total: aText }, offset),
  after: checked('after', ['cursor', 'most'], { ...SIZE, cursor: aText, more: aText, next: aText }, after),
  link: checked('link', ['next', 'most'], { ...SIZE, next: aText }, link),
};
