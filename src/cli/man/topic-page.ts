import { marked, type Token, type Tokens } from 'marked';
import { roffText } from './man-page.js';

/**
 * A man page of section 7, made from its Markdown source (`man/keys-*.7.md`). The source's first heading is
 * `# NAME(7): summary`. Throws a RangeError if it is not, or if the source has a construct that no page has
 * so far.
 */
export function topicPage(markdown: string): string {
  const [title, ...rest] = marked.lexer(markdown);
  const [, name, about] =
    /^(keys-[a-z-]+)\(7\): (.+)$/.exec(title?.type === 'heading' ? title.text : '') ?? [];
  if (name === undefined || about === undefined)
    throw new RangeError('a topic begins with # NAME(7): summary');
  return `${[
    // The first line asks man-db for its table preprocessor.
    `'\\" t`,
    '.\\" Made from the Markdown beside it by npm run docs. Do not edit.',
    '.Dd November 21, 2026',
    `.Dt ${name.toUpperCase()} 7`,
    '.Os',
    '.Sh NAME',
    `.Nm ${name}`,
    `.Nd ${roffText(about)}`,
    '.Sh DESCRIPTION',
    ...blocks(rest),
  ].join('\n')}\n`;
}

function blocks(tokens: readonly Token[]): string[] {
  const lines: string[] = [];
  for (const token of tokens) {
    // A paragraph macro right after a heading has no effect, and mandoc warns about it.
    const isFirst = /^\.(Sh|Ss|It)\b/.test(lines.at(-1) ?? '.Sh');
    lines.push(...block(token as Tokens.Generic, isFirst));
  }
  return lines;
}

function block(token: Tokens.Generic, isFirst: boolean): string[] {
  switch (token.type) {
    case 'heading':
      return [token['depth'] === 2 ? `.Sh ${plain(token).toUpperCase()}` : `.Ss ${plain(token)}`];
    case 'paragraph':
      return [...(isFirst ? [] : ['.Pp']), ...sentences(inline(token.tokens ?? []))];
    case 'code':
      return ['.Bd -literal', ...(token['text'] as string).split('\n').map(roffText), '.Ed'];
    case 'list':
      return [
        '.Bl -bullet',
        ...(token as Tokens.List).items.flatMap(({ tokens }) => ['.It', ...blocks(tokens)]),
        '.El',
      ];
    case 'text':
      return sentences(inline(token.tokens ?? []));
    case 'table':
      return table(token as Tokens.Table);
    case 'space':
    case 'html':
      return [];
    default:
      throw new RangeError(`a topic has no ${token.type}`);
  }
}

/**
 * Up to three columns of prose become a list, which breaks its lines to the screen. More columns become a
 * table.
 */
function table({ header, rows }: Tokens.Table): string[] {
  if (header.length > 3) {
    // Addresses of links would make the columns wider than a screen.
    const lines = [header, ...rows].map((row) => roffText(row.map(plain).join('\t')));
    return ['.TS', `${header.map(() => 'l').join(' ')}.`, ...lines, '.TE'];
  }
  const cells = rows.map((row) => row.map(({ tokens }) => inline(tokens)));
  const items = cells.flatMap(([first = '', ...others]) => [
    `.It "\\&${first.replaceAll('"', '\\(dq')}"`,
    ...sentences(others.join('; ')),
  ]);
  return ['.Bl -tag -width Ds', ...items, '.El'];
}

function inline(tokens: readonly Token[]): string {
  return tokens.map((token) => span(token as Tokens.Generic)).join('');
}

function span(token: Tokens.Generic): string {
  const escaped = (text: string) => text.replaceAll('\\', '\\e').replaceAll('\n', ' ');
  switch (token.type) {
    case 'codespan':
    case 'strong':
      return `\\fB${escaped(plain(token))}\\fR`;
    case 'em':
      return `\\fI${escaped(plain(token))}\\fR`;
    case 'link': {
      const address = token['href'] as string;
      const text = inline(token.tokens ?? []);
      return /^https?:/.test(address) && address !== plain(token) ? `${text} <${address}>` : text;
    }
    case 'text':
    case 'escape':
      return escaped(token['text'] as string);
    case 'html':
      return '';
    default:
      throw new RangeError(`a topic has no ${token.type}`);
  }
}

function plain({ text, tokens }: { text?: string; tokens?: Token[] }): string {
  return tokens === undefined ? String(text) : tokens.map((token) => plain(token as Tokens.Generic)).join('');
}

/** Each sentence on a line of its own, as mdoc has it. */
function sentences(text: string): string[] {
  return text.split(/(?<=[\w)]\.\)?) +(?=[A-Z\\])/).map((line) => line.replace(/^([.'])/, '\\&$1'));
}
