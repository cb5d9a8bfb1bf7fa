import { OPERATION_NAMES, type OperationName, type Provider } from '../../domain/provider.js';

const BEGIN = '<!-- made by npm run docs: vendor × operation -->';
const END = '<!-- end of what npm run docs makes -->';

const TITLES: Readonly<Partial<Record<OperationName, string>>> = { get: 'show' };

/** The page with the table of providers. */
export const PROVIDERS_TOPIC = 'man/keys-providers.7.md';

/**
 * Returns the page with its table of operations by provider, made from the definitions. Throws a RangeError
 * without its marks.
 */
export function withProviderTable(page: string, providers: readonly Provider[]): string {
  const start = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (start < 0 || end < start) throw new RangeError('the page has no marks around the table of providers');
  return `${page.slice(0, start + BEGIN.length)}\n\n${table(providers)}\n\n${page.slice(end)}`;
}

function table(providers: readonly Provider[]): string {
  const rows = [
    ['provider', ...OPERATION_NAMES.map((name) => TITLES[name] ?? name), 'needs'],
    ...providers.map((provider) => [
      `[${provider.title}](${provider.documentation}) \`${provider.id}\``,
      ...OPERATION_NAMES.map((name) => cell(name, provider)),
      provider.context
        .filter(({ required }) => required)
        .map(({ name }) => `\`${name}\``)
        .join(', '),
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, at) => Math.max(3, ...rows.map((row) => (row[at] ?? '').length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((text, at) => text.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

function cell(name: OperationName, provider: Provider): string {
  const { operations, roll, check } = provider;
  if (name === 'roll' && operations.roll === null) return '';
  if (name === 'roll')
    return roll.by === 'composed' || operations.roll === 'composed' ? 'successor' : rollCell(roll);
  if (name === 'verify' && operations.verify === null && check !== null) return 'by request';
  switch (operations[name]) {
    case 'endpoint':
      return name === 'verify' && check !== null && provider.dashboard !== null ? 'by request' : 'yes';
    case null:
      return '';
    case 'composed':
      return 'successor';
    default:
      return operations[name] ?? '';
  }
}

function rollCell(roll: Extract<Provider['roll'], { by: 'provider' }>): string {
  if (roll.grace.kind === 'none') return 'at once';
  return roll.grace.kind === 'fixed' ? `${roll.grace.seconds / 3600} h grace` : 'any grace';
}
