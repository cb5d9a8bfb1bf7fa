import stringWidth from 'string-width';

/**
 * What is one column wide for certain: the printable part of ASCII, and the ellipsis that stands in shortened
 * secrets.
 */
const NARROW = /^[\x20-\x7e…]*$/;

/** How many columns of a terminal a text takes. */
export function textWidth(text: string): number {
  return NARROW.test(text) ? text.length : stringWidth(text);
}

/**
 * The text in at most so many columns: if it is longer, it is cut between two characters, and `…` stands for
 * the rest.
 */
export function fitText(text: string, width: number): string {
  return textWidth(text) > width ? `${cut(text, width - 1)}…` : text;
}

/** As many of the characters that a reader sees as fit. */
function cut(text: string, width: number): string {
  if (NARROW.test(text)) return text.slice(0, width);
  let kept = '';
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    used += stringWidth(segment);
    if (used > width) break;
    kept += segment;
  }
  return kept;
}

/**
 * The text in lines of at most so many columns, which break at spaces. A longer word has a line of its own.
 */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    const longer = `${last} ${word}`;
    if (last === undefined || textWidth(longer) > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  // Two spaces between words end a line where it breaks there.
  return lines.map((line, at) => (at === lines.length - 1 ? line : line.trimEnd()));
}

/** The same as one text, whose lines after the first begin with `indent`. */
export function wrapWithIndent(text: string, width: number, indent: string): string {
  return wrapText(text, width - indent.length).join(`\n${indent}`);
}
