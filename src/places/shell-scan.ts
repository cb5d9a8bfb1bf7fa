/**
 * Whether a POSIX shell that reads a text is between two commands at the beginning of the line of `offset`:
 * no quote is open, no line is continued, no here-document was begun.
 */
export function shellIsAtRest(text: string, offset: number): boolean {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  let at = 0;
  let wordStart = true;
  while (at < lineStart) {
    const character = text[at] ?? '';
    if (character === '\\') {
      at += 2;
      wordStart = false;
      if (at === lineStart) return false;
    } else if (character === '#' && wordStart) {
      at = endOfLine(text, at);
    } else if (character === "'" || character === '"' || character === '`') {
      at = closing(text, at);
      wordStart = false;
    } else if (text.startsWith('<<', at)) {
      return false;
    } else {
      wordStart = /[\s;&|()]/.test(character);
      at++;
    }
  }
  return at <= lineStart;
}

/** The offset behind a quoted part; behind the text if it is never closed. */
function closing(text: string, start: number): number {
  const quote = text[start];
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\' && quote !== "'") at++;
    else if (text[at] === quote) return at + 1;
  }
  return text.length + 1;
}

function endOfLine(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at === -1 ? text.length : at;
}
