import type { Key } from '../../domain/key.js';
import { DefinitionMistake } from '../definition-mistake.js';
import { valueAt } from './paths.js';
import { type Members, requireKnown } from './require-known.js';

/** The page that is asked for. */
interface PageRequest {
  readonly cursor: string | undefined;
  readonly limit: number | undefined;
}

/** Where requests go, for links to a next page. */
interface PageOrigins {
  /** The service's own address. */
  readonly baseUrl: string;
  /** The vendor's published one; null where it has none. */
  readonly published: string | null;
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
    query: ({ cursor, limit }) => ({ [name]: Number(cursor ?? from), ...sized(of, limit) }),
    next(body, keys, { cursor, limit }) {
      const page = Number(cursor ?? from);
      const size = of.size === undefined ? of.most : sizeOf(limit, of.most, of.least);
      const all = total === undefined ? undefined : Number(valueAt(body, total));
      const more = all === undefined ? keys.length >= size : (page - from + 1) * size < all;
      return more && keys.length > 0 ? String(page + 1) : undefined;
    },
  };
}

/** `?offset=40&limit=20`, until `total` keys were seen; without `total` until a page is not full. */
function offset(of: Size & { readonly offset?: string; readonly total?: string }): Pages {
  const { offset: name = 'offset' } = of;
  return {
    query: ({ cursor, limit }) => ({ [name]: cursor, ...sized(of, limit) }),
    next(body, keys, { cursor, limit }) {
      const seen = Number(cursor ?? 0) + keys.length;
      const all = of.total === undefined ? undefined : Number(valueAt(body, of.total));
      const size = of.size === undefined ? of.most : sizeOf(limit, of.most, of.least);
      const more = all === undefined ? keys.length >= size : seen < all;
      return more && keys.length > 0 ? String(seen) : undefined;
    },
  };
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
    next(body, keys, { limit }) {
      const more = of.more === undefined ? undefined : valueAt(body, of.more) === true;
      if (more === false) return undefined;
      const full = keys.length >= sizeOf(limit, of.most, of.least);
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
    next(body, _, __, origins) {
      const found = valueAt(body, of.next);
      if (typeof found !== 'string' || found === '') return undefined;
      return pathOfLink(found, of.next, origins);
    },
  };
}

/**
 * `way`, which throws `DefinitionMistake` for parameters that it does not have, and without those that it
 * needs.
 */
function checked<Of extends object>(
  name: string,
  needed: readonly string[],
  known: Members<Of>,
  way: (of: Of) => Pages,
) {
  return (of: Of): Pages => {
    requireKnown(of, known, `pages.${name}`);
    const missing = needed.find((each) => !(each in of));
    if (missing !== undefined) throw new DefinitionMistake(`pages.${name}.${missing}`, 'is missing');
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

const SIZE = { size: true, most: true, least: true } as const;

export const pages = {
  none,
  numbered: checked('numbered', ['most'], { ...SIZE, page: true, total: true, from: true }, numbered),
  offset: checked('offset', ['most'], { ...SIZE, offset: true, total: true }, offset),
  after: checked('after', ['cursor', 'most'], { ...SIZE, cursor: true, more: true, next: true }, after),
  link: checked('link', ['next', 'most'], { ...SIZE, next: true }, link),
};
