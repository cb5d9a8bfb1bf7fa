import { lowered } from './lower-case.js';

const NAMES: Readonly<Record<string, string>> = {
  ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", plus: '+', equals: '=', sol: '/', bsol: '\\' },
  ...{ colon: ':', semi: ';', num: '#', excl: '!', dollar: '$', percnt: '%', ast: '*', lowbar: '_' },
  ...{ period: '.', comma: ',', commat: '@', quest: '?', hyphen: '-', lpar: '(', rpar: ')' },
};

interface Escape {
  readonly pattern: RegExp;
  readonly decode: (digits: string) => string | undefined;
}

const code = (radix: number) => (digits: string) => String.fromCharCode(Number.parseInt(digits, radix));

/**
 * One escaped character as URLs, JSON, C, HTML and mail write it, also where it was escaped several times; in
 * lower case.
 */
const ESCAPES: Readonly<Record<string, readonly Escape[]>> = {
  '%': [
    ...[0, 1, 2, 3].map((times) => ({
      pattern: new RegExp(`%(?:25){${times}}([0-9a-f]{2})`, 'y'),
      decode: code(16),
    })),
    { pattern: /%u([0-9a-f]{4})/y, decode: code(16) },
  ],
  '\\': [
    { pattern: /\\{1,8}u\{?0{0,4}([0-9a-f]{1,4})\}?/y, decode: code(16) },
    { pattern: /\\{1,8}x([0-9a-f]{2})/y, decode: code(16) },
    { pattern: /\\{1,8}([0-3][0-7]{2})/y, decode: code(8) },
    // Shells and Markdown write one before any sign.
    { pattern: /\\([^a-z0-9\s])/y, decode: (itself) => itself },
    { pattern: /\\{3}(["\\/'])/y, decode: (itself) => itself },
    // A backslash in a string in a string.
    { pattern: /\\{3}(\\)/y, decode: (itself) => itself },
  ],
  '&': [0, 1, 2].flatMap((times) => [
    { pattern: new RegExp(`&(?:amp;){${times}}#x0{0,4}([0-9a-f]{1,4});?`, 'y'), decode: code(16) },
    { pattern: new RegExp(`&(?:amp;){${times}}#0{0,4}(\\d{1,5});?`, 'y'), decode: code(10) },
    { pattern: new RegExp(`&(?:amp;){${times}}([a-z]{2,6});`, 'y'), decode: (name) => NAMES[name] },
  ]),
  '=': [{ pattern: /=([0-9a-f]{2})/y, decode: code(16) }],
};

/**
 * The characters in lower case that escapes at this place stand for: none for most places of a text, which
 * costs no more than this look.
 */
export function charactersAt(text: string, at: number): readonly string[] {
  const escapes = ESCAPES[text[at] ?? ''];
  if (escapes === undefined) return NO_CHARACTERS;
  return [...new Set(escapes.map((one) => decodedAt(text, at, one)?.character ?? ''))];
}

const NO_CHARACTERS: readonly string[] = [];

/**
 * Where the longest match of a text ends that begins at `from`, however its characters are written there;
 * null where fewer than `least` characters match. `wanted` is in lower case.
 */
export function endOfMatch(
  text: string,
  from: number,
  { text: wanted, least }: { readonly text: string; readonly least: number },
): number | null {
  // Every way to read what stands there is followed: a percent sign may stand for itself or begin an escape.
  let ends = [from];
  let count = 0;
  for (; count < wanted.length; count++) {
    const next = followed(text, ends, wanted[count] ?? '', count > 0);
    if (next.length === 0) break;
    ends = next;
  }
  return count >= least ? Math.max(...ends) : null;
}

/** The places behind a character, for each place at which it may begin. */
function followed(text: string, places: readonly number[], character: string, mayBreak: boolean): number[] {
  const [at = 0] = places;
  const plain = places.length === 1 && !SPECIAL.test(text[at] ?? '');
  if (plain && text[at] === character) return [at + 1];
  const next = places.flatMap((place) => {
    const found = endsOfCharacter(text, place, character);
    const after = mayBreak ? afterBreak(text, place) : place;
    return after === place ? found : [...found, ...endsOfCharacter(text, after, character)];
  });
  return next.length < 2 ? next : [...new Set(next)];
}

/** What may begin an escape or a break. */
const SPECIAL = /[%\\&=\r\n\0\u00ad\u200b-\u200d\u2060\ufeff]/;

/**
 * A line break as it stands, or as JSON or a URL writes it, with what begins the next line: programs break
 * long lines. Or what nobody sees: a soft hyphen, a space without width, and the NUL of UTF-16.
 */
const BREAK =
  /(?:=?\r?\n|(?:(?:\\{1,2}|%(?:25){0,3}5c)r)?(?:\\{1,2}|%(?:25){0,3}5c)n|(?:%(?:25){0,3}0d)?%(?:25){0,3}0a)[ \t]*|[\0\u00ad\u200b-\u200d\u2060\ufeff]+/iy;

function afterBreak(text: string, at: number): number {
  // Few characters can begin one: this is asked at each character of a match.
  if (!SPECIAL.test(text[at] ?? ' ')) return at;
  BREAK.lastIndex = at;
  return BREAK.test(text) ? BREAK.lastIndex : at;
}

/** Where a character ends that stands at this place, for each way in which it may be written there. */
function endsOfCharacter(text: string, at: number, character: string): number[] {
  const ends = text[at] === character || (character === ' ' && text[at] === '+') ? [at + 1] : [];
  for (const one of ESCAPES[text[at] ?? ''] ?? []) {
    const found = decodedAt(text, at, one);
    if (found?.character === character) ends.push(found.to);
  }
  return ends;
}

/** The character that an escape stands for here, in lower case, and where it ends. */
function decodedAt(
  text: string,
  at: number,
  { pattern, decode }: Escape,
): { readonly character: string | undefined; readonly to: number } | undefined {
  pattern.lastIndex = at;
  const found = pattern.exec(text)?.[1];
  return found === undefined ? undefined : { character: lowered(decode(found) ?? ''), to: pattern.lastIndex };
}
