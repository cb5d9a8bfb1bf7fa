import type { ApiDocument, ApiOperation } from './document.js';
import { leafNamed, leavesOf, plain } from './leaves.js';
import { quoted } from './quoted.js';

const CURSORS = [/^(after|startingafter|afterid|cursor|pagecursor|pagetoken|nexttoken|until)$/];
const SIZES = [/^(limit|perpage|pagesize|size|perpagecount)$/];
const NUMBERS = [/^(page|pagenumber)$/];
const NEXTS = [/^next(cursor|pagetoken|token|key)?$/, /^(cursor|after|lastid|pagecursor)$/];
const LINKS = [/^next(pageuri|pageurl|page|url|link|href)$/];
const WEAK_LINKS = [/^next$/];

/**
 * How a list goes on, as its parameters and its response say it; undefined: it is one page, or the document
 * does not say.
 */
export function draftPages(
  document: ApiDocument,
  { query, response }: ApiOperation,
): { code: string; uses: string[] } | undefined {
  const named = (patterns: readonly RegExp[]) =>
    query.find(({ name }) => patterns.some((pattern) => pattern.test(plain(name))));
  const size = named(SIZES);
  const limits = size === undefined ? undefined : document.flat(size.schema);
  const sized = [
    ...(size === undefined ? [] : [`size: ${quoted(size.name)}`]),
    `most: ${limits?.maximum ?? 100}`,
  ];
  const leaves = leavesOf(document, response).filter(({ schema: { type } }) => type !== 'array');
  const isText = ({ schema: { type } }: (typeof leaves)[number]) => type === 'string' || type === undefined;
  const total = leafNamed(leaves, [/^total(count|results|filteredcount)?$/, /^count$/]);
  const more = leafNamed(leaves, [/^(has|is)?more$/, /^hasnext(page)?$/]);
  const of = (kind: string, ...rest: readonly string[]) => ({
    code: `pages.${kind}({ ${[...rest, ...sized].join(', ')} })`,
    uses: ['pages'],
  });
  const linked = (patterns: readonly RegExp[]) => {
    const found = leafNamed(leaves, patterns, isText);
    return found === undefined ? undefined : of('link', `next: ${quoted(found.path)}`);
  };
  const link = linked(LINKS);
  if (link !== undefined) return link;
  const cursor = named(CURSORS);
  const next = leafNamed(leaves, NEXTS, (leaf) => isText(leaf) || leaf.schema.type === 'number');
  if (cursor !== undefined && (next !== undefined || more !== undefined)) {
    return of(
      'after',
      `cursor: ${quoted(cursor.name)}`,
      ...(next === undefined ? [] : [`next: ${quoted(next.path)}`]),
      ...(more === undefined ? [] : [`more: ${quoted(more.path)}`]),
    );
  }
  const totals = total === undefined ? [] : [`total: ${quoted(total.path)}`];
  const page = named(NUMBERS);
  if (page !== undefined) {
    const from = document.flat(page.schema).usual === 0 ? ['from: 0'] : [];
    return of('numbered', `page: ${quoted(page.name)}`, ...from, ...totals);
  }
  const offset = named([/^offset$/]);
  if (offset !== undefined) return of('offset', `offset: ${quoted(offset.name)}`, ...totals);
  return linked(WEAK_LINKS);
}
