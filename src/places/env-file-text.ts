import { KeysError } from '../domain/errors.js';
import { shellIsAtRest } from './shell-scan.js';
import { dotenvValue } from './shells.js';

export interface Assignment {
  readonly name: string;
  /** Offset of the name in the text. */
  readonly at: number;
  /** Offsets of the value with its quotes. */
  readonly start: number;
  readonly end: number;
  readonly quote: string;
}

/** Every assignment of an env file, values over several lines included; other lines are passed over. */
export function assignmentsIn(text: string): Assignment[] {
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
    found.push({
      name: match[1],
      at: text.indexOf(match[1], at + match[0].indexOf(match[1])),
      start,
      end,
      quote,
    });
    at = nextLine(text, end);
  }
  return found;
}

/** Where a value ends: at its closing quote, else before a comment or the end of its line. */
function valueAt(text: string, start: number): { end: number; quote: string } {
  const quote = text[start] ?? '';
  if (quote !== '' && `'"\``.includes(quote)) {
    for (let at = start + 1; at < text.length; at++) {
      if (text[at] === '\\' && quote !== "'") at++;
      else if (text[at] === quote) {
        // A value that goes on after its quote is no quoted value.
        if (/^[ \t]*(#.*)?$/.test(text.slice(at + 1, endOfLine(text, at + 1)))) return { end: at + 1, quote };
        break;
      }
    }
  }
  const line = text.slice(start, endOfLine(text, start));
  // A comment begins after a space only: a value may hold a #.
  const bare = /^#/.test(line) ? '' : (line.split(/[ \t]#/, 1)[0] ?? '');
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
 * The text with a variable set, and everything else as it was: other lines, comments, order, line endings. A
 * byte order mark goes, and so does a carriage return at the end of the variable's line: a shell would take
 * it for a part of the value. A variable that is assigned several times is set in each place, since readers
 * differ in which of them counts. Throws `refused` for a value that some reader would read differently, and
 * where a shell would not see the line as an assignment.
 */
export function setVariable(before: string, name: string, value: string): string {
  // With a byte order mark, a shell takes the first line for a command.
  const text = before.replace(/^\uFEFF/, '');
  refuseOddAssignment(text, name);
  const places = assignmentsIn(text).filter((assignment) => assignment.name === name);
  const set =
    places.length === 0
      ? append(text, `${name}=${dotenvValue(value)}`)
      : places.reduceRight(
          (after, { at, end, quote }) =>
            `${after.slice(0, at)}${name}=${dotenvValue(value, quote)}${after.slice(end)}`,
          text,
        );
  const changed = withoutReturnsAfter(set, name);
  for (const { name: found, at } of assignmentsIn(changed)) {
    if (found === name && !shellIsAtRest(changed, at)) {
      const line = changed.slice(0, at).split('\n').length;
      throw new KeysError(
        'refused',
        `a shell would not read ${name} in line ${line}: a quote above is not closed`,
        {
          hint: 'close the quote, or put quotes around the value that holds it',
        },
      );
    }
  }
  return changed;
}

/** The text without the carriage return at the end of each line that assigns the variable. */
function withoutReturnsAfter(text: string, name: string): string {
  return assignmentsIn(text)
    .filter((assignment) => assignment.name === name)
    .reduceRight((after, { end }) => {
      const line = endOfLine(after, end);
      return after.startsWith('\r\n', line) ? after.slice(0, line) + after.slice(line + 1) : after;
    }, text);
}

/**
 * Throws `refused` for an assignment of the variable behind white space that dotenv passes over and a shell
 * does not, or behind a carriage return alone, which ends a line for dotenv only: one of the two would keep
 * the old value.
 */
function refuseOddAssignment(text: string, name: string): void {
  const escaped = name.replaceAll('.', '\\.');
  const odd = new RegExp(
    `(?:\\r(?!\\n)|(?:^|\\n)[ \\t]*[^\\S \\t\\r\\n])\\s*(?:export\\s+)?${escaped}[^\\S\\r\\n]*=`,
  ).exec(text);
  if (odd === null) return;
  const line = text.slice(0, odd.index + 1).split('\n').length;
  throw new KeysError('refused', `readers of env files differ about ${name} in line ${line}`, {
    hint: 'remove the invisible character before the name',
  });
}

/** The text without a variable: each line that assigns it goes. */
export function removeVariable(text: string, name: string): string {
  return assignmentsIn(text)
    .filter((assignment) => assignment.name === name)
    .reduceRight((after, { at, end }) => {
      const start = after.lastIndexOf('\n', at) + 1;
      return after.slice(0, start) + after.slice(nextLine(after, end));
    }, text);
}

function append(text: string, line: string): string {
  const ending = /\r\n/.test(text) ? '\r\n' : '\n';
  const separated = text === '' || text.endsWith('\n') ? text : text + ending;
  return `${separated}${line}\n`;
}
