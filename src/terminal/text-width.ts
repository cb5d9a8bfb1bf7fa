import stringWidth from 'string-width';

/** What is one column wide for certain: the printable part of ASCII, and the ellipsis that stands in shortened secrets. */
const NARROW = /^[\x20-\x7e…]*$/;

/** How many columns of a terminal a text takes. */
export function textWidth(text: string): number {
  return NARROW.test(text) ? text.length : stringWidth(text);
}

/** The text in exactly so many columns: padded, or cut between two characters with `…` for what is missing. */
export function fitText(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const fitting = textWidth(text) > width ? `${cut(text, width - 1)}…` : text;
  const padding = ' '.repeat(width - textWidth(fitting));
  return align === 'left' ? fitting + padding : padding + fitting;
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
