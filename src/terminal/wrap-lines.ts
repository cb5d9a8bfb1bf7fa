import { textWidth, wrapText } from './text-width.js';
import { unbroken, unmarked } from './unbroken.js';

/** A command that is not marked: its first words, and the options and placeholders that follow them. */
const COMMAND = /\bkeys [a-z]+(?: (?:-{1,2}[a-z][\w-]*|\[\S+\]|<\S+>))*/g;

/**
 * A message in lines of at most so many columns, which break at words and never inside a command: a longer
 * word or command has a line of its own.
 */
export function wrapMessage(message: string, width: number): string {
  const marked = message.replace(COMMAND, unbroken);
  return textWidth(marked) <= width ? unmarked(marked) : unmarked(wrapped(marked, width, 0, 2));
}

/**
 * A value whose first line begins in this column, with its other lines below that. It begins below its title
 * where a screen has no room beside it, or none for a word (an address, a file) that it has room for there.
 */
export function wrapValue(value: string, width: number, column: number): string {
  const marked = value.replace(COMMAND, unbroken);
  if (column + textWidth(marked) <= width) return unmarked(marked);
  const longest = Math.max(...marked.split(' ').map(textWidth));
  if (width - column < NARROW || (longest > width - column && longest <= width - 2))
    return unmarked(`\n${wrapped(marked, width, 2, 2)}`);
  return unmarked(wrapped(marked, width, 0, column));
}

/** The text with `first` spaces before its first line, and not fewer before the others. */
function wrapped(text: string, width: number, first: number, further: number): string {
  const lines = wrapText(text, Math.max(LEAST, width - further));
  return lines.map((line, at) => ' '.repeat(at === 0 ? first : further) + line).join('\n');
}

/** Columns for text, however narrow the terminal is. */
const LEAST = 16;
/** A second column as narrow as this goes below the first one. */
const NARROW = 24;
/** Options are easier to read in lines that are not longer. */
const READABLE = 100;

/** `  -n, --dry-run   what it does`, or an example with what it does. */
const TWO_COLUMNS = /^(\s*)(\S.*?)(\s{2,})(\S.*)$/;
const EXAMPLE = /^\s+(?:\$ )?(?:keys|npx|curl|eval|export|source|git|echo|cat|printf) /;

/** The same with its titles (`Usage:`, `Options:`) in bold: a long help is read by them. */
export function withBoldTitles(help: string): string {
  return help.replace(/^(?:Usage:|[A-Z][A-Za-z ]*:$)/gm, '\u001b[1m$&\u001b[22m');
}

/** A help in lines that fit a terminal of so many columns. They break at words; an example stays whole. */
export function wrapHelp(help: string, width: number): string {
  return help
    .split('\n')
    .map((line) => helpLine(line, width))
    .join('\n');
}

/** `Usage: …`, whose other lines are further in; a paragraph has all its lines below each other. */
const LABELLED = /^[A-Z][a-z]*: /;

function helpLine(line: string, width: number): string {
  const [, indent = '', first = '', gap = '', second = ''] = TWO_COLUMNS.exec(line) ?? [];
  const most = Math.min(width, READABLE);
  if (second !== '' && textWidth(line) > most) {
    const column = indent.length + textWidth(first) + gap.length;
    const room = most - column;
    if (room >= NARROW) return `${indent}${first}${gap}${wrapped(second, most, 0, column)}`;
    const further = indent.length + 4;
    const head = EXAMPLE.test(line) ? `${indent}${first}` : wrapped(first, width, indent.length, further);
    return `${head}\n${wrapped(second, width, further, further)}`;
  }
  if (textWidth(line) <= width || EXAMPLE.test(line)) return line;
  const spaces = line.length - line.trimStart().length;
  return wrapped(line.trimStart(), width, spaces, LABELLED.test(line) ? 2 : spaces);
}
