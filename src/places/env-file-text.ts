import { dotenvValue } from './shells.js';

interface Assignment {
  readonly name: string;
  /** Of the value with its quotes, in the text. */
  readonly start: number;
  readonly end: number;
  readonly quote: string;
}

/** Every assignment of an env file, values over several lines included; what is none is passed over. */
function assignmentsIn(text: string): Assignment[] {
  const found: Assignment[] = [];
  const head = /[ \t\uFEFF]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*/y;
  let at = 0;
  while (at < text.length) {
    head.lastIndex = at;
    const match = head.exec(text);
    if (match?.[1] === undefined) {
      at = nextLine(text, at);
      continue;
    }
    const start = head.lastIndex;
    const { end, quote } = valueAt(text, start);
    found.push({ name: match[1], start, end, quote });
    at = nextLine(text, end);
  }
  return found;
}

/** Where a value ends: at its closing quote, else before a comment or the end of its line. */
function valueAt(text: string, start: number): { end: number; quote: string } {
  const quote = text[start] ?? '';
  if (quote !== '' && `'"\``.includes(quote)) {
    for (let at = start + 1; at < text.length; at++) {
      if (text[at] === '\\') at++;
      else if (text[at] === quote) {
        // What goes on after its quote is no quoted value.
        if (/^[ \t]*(#.*)?$/.test(text.slice(at + 1, endOfLine(text, at + 1)))) return { end: at + 1, quote };
        break;
      }
    }
  }
  const line = text.slice(start, endOfLine(text, start));
  const bare = line.split('#', 1)[0] ?? '';
  return { end: start + bare.trimEnd().length, quote: '' };
}

function endOfLine(text: string, from: number): number {
  const at = text.slice(from).search(/\r?\n/);
  return at === -1 ? text.length : from + at;
}

function nextLine(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at === -1 ? text.length : at + 1;
}

/**
 * The text with a variable set, and everything else as it was: other lines, comments, order, line endings. A variable that
 * is assigned several times is set in each place, for readers differ in which of them counts. Throws `refused` for a value
 * that an env file cannot hold.
 */
export function setVariable(text: string, name: string, value: string): string {
  const places = assignmentsIn(text).filter((assignment) => assignment.name === name);
  if (places.length === 0) return append(text, `${name}=${dotenvValue(value)}`);
  return places.reduceRight((changed, { start, end, quote }) => {
    return changed.slice(0, start) + dotenvValue(value, quote) + changed.slice(end);
  }, text);
}

function append(text: string, line: string): string {
  const ending = /\r\n/.test(text) ? '\r\n' : '\n';
  const separated = text === '' || text === '\uFEFF' || text.endsWith('\n') ? text : text + ending;
  return separated + line + ending;
}
