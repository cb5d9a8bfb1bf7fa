import type { SecretFormat } from '../../domain/published-formats.js';

const BEGIN = '<!-- made by npm run docs: formats of keys -->';
const END = '<!-- end of the formats -->';

/** The page with the table of formats. */
export const AUDIT_TOPIC = 'man/keys-audit.7.md';

/**
 * Returns the page with its table of the formats that a search finds. Throws a RangeError without its marks.
 */
export function withFormatTable(page: string, formats: readonly SecretFormat[]): string {
  const start = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (start < 0 || end < start) throw new RangeError('the page has no marks around the table of formats');
  const rows = formats.map(
    ({ title, prefixes }) => `| ${title} | ${prefixes.map((prefix) => `\`${prefix}\``).join(', ')} |`,
  );
  const table = ['| secret | begins with |', '|---|---|', ...rows].join('\n');
  return `${page.slice(0, start + BEGIN.length)}\n\n${table}\n\n${page.slice(end)}`;
}
