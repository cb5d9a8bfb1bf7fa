/**
 * A text without what is invisible at its ends: white space of any kind, byte order marks, zero-width
 * characters.
 */
function withoutBlanks(text: string): string {
  // Node needs a millisecond to compile a Unicode property. Most secrets are plain ASCII, and every call
  // reads one.
  if (/^[!-~]*$/.test(text)) return text;
  return text.replace(/^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu, '');
}

/**
 * What pasting leaves around a secret: white space, quotes, and an assignment or header in front. Undoes it
 * and says what it undid.
 */
export function cleanPastedSecret(text: string): {
  secret: string;
  removed: 'nothing' | 'spaces' | 'quotes';
} {
  const trimmed = withoutBlanks(text);
  const inQuotes = /^(["'`])(.*)\1$/s.exec(trimmed)?.[2];
  const unquoted = inQuotes === undefined ? undefined : withoutBlanks(inQuotes);
  if (unquoted !== undefined) return { secret: unquoted, removed: 'quotes' };
  return { secret: trimmed, removed: trimmed === text ? 'nothing' : 'spaces' };
}
