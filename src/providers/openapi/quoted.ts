/** Line ends of JavaScript that JSON leaves as they are. */
const SEPARATORS = /[\u2028\u2029]/g;

/** A text as a literal of JavaScript in one line, also one with line ends and control characters. */
export function quoted(text: string): string {
  const json = JSON.stringify(text).replace(SEPARATORS, (end) => `\\u${end.charCodeAt(0).toString(16)}`);
  const inside = json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inside}'`;
}

/**
 * A text that stays within one line of a comment: what comes after a line end in a document would run as
 * code.
 */
export function remark(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}
