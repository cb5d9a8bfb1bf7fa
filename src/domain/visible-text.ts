/**
 * C0, DEL and C1 controls, and what reorders or hides text: line separators, bidirectional marks, overrides
 * and isolates, zero-width and invisible characters, and half a surrogate pair, which is no character.
 */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|[\ud800-\udfff]/gu;
/** Text that nobody sees: white space, what fonts leave out, and the empty Braille pattern. */
const BLANK = /^[\s\p{Default_Ignorable_Code_Point}\u2800]+$/u;
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Returns text from elsewhere so that a terminal or a page shows it and does not obey it. Invisible text
 * becomes its escapes.
 */
export function visibleText(text: string): string {
  return text.replace(BLANK.test(text) ? /[^ ]/gu : UNSAFE, (character) => {
    const code = character.charCodeAt(0);
    return NAMED[character] ?? (code < 256 ? `\\x${hex(code, 2)}` : escaped(character));
  });
}

/** The same for a whole document: its lines and tabs stay, and what is escaped is escaped as JSON does it. */
export function visibleDocument(text: string): string {
  return text.replace(UNSAFE, (character) =>
    character === '\n' || character === '\t' ? character : escaped(character),
  );
}

/** Text or bytes that are printed on a terminal. */
export function printable(document: string | Uint8Array): string {
  return visibleDocument(typeof document === 'string' ? document : new TextDecoder().decode(document));
}

/** Every UTF-16 unit as `\uXXXX`. */
function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, at) => `\\u${hex(character.charCodeAt(at), 4)}`).join(
    '',
  );
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
