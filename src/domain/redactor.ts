export const REDACTED = '[redacted]';

/** Replaces every secret that it knows, in every encoding, by `[redacted]`. */
export interface Redactor {
  /**
   * Remembers secrets. Those of fewer than four characters are ignored: replacing them would garble every
   * message.
   */
  add(...secrets: readonly string[]): void;
  /** Returns the text without the secrets. */
  redact(text: string): string;
}

/** Fewer characters than this are no secret that can be told from a word. */
const SHORTEST = 4;
/** A secret shorter than this is replaced as a whole word only. */
const WORD = 8;
/** A part of a secret counts where it has this many characters, and half of the secret. */
const SHORTEST_PART = 12;

/** A text to look for, in lower case. */
interface Form {
  readonly text: string;
  /** Characters that must match, from the first; fewer than all where half of a secret counts. */
  readonly least: number;
  /** Whether letters or digits beside it make it something else. */
  readonly word: boolean;
}

/** Forms by their first character: an apply of a thousand keys prints a line for each. */
type Forms = Map<string, Form[]>;

/** Returns a redactor that knows no secret yet. One is shared by all that a call prints, logs or throws. */
export function createRedactor(): Redactor {
  const known = new Set<string>();
  let added: string[] = [];
  const forms: Forms = new Map();
  return {
    add(...secrets) {
      for (const secret of secrets) {
        if (secret.length < SHORTEST || known.has(secret)) continue;
        known.add(secret);
        added.push(secret);
      }
    },
    redact(text) {
      // Made at the first message, because most calls print none.
      for (const form of added.flatMap(formsOf)) addForm(forms, form);
      added = [];
      return forms.size === 0 ? text : replaceForms(text, forms);
    },
  };
}

function addForm(forms: Forms, form: Form): void {
  const first = form.text[0] ?? '';
  const others = forms.get(first);
  if (others === undefined) forms.set(first, [form]);
  else others.push(form);
}

/** The secret itself, its second half, and what programs make of its bytes. */
function formsOf(secret: string): Form[] {
  const half = Math.ceil(secret.length / 2);
  const whole = [...new Set(encodingsOf(secret))]
    .filter((text) => text !== secret && text.length >= WORD)
    .map((text) => ({ text: lowered(text), least: text.length, word: false }));
  const least = half >= SHORTEST_PART ? half : secret.length;
  const own = { text: lowered(secret), least, word: secret.length < WORD };
  const tail = lowered(secret.slice(secret.length - half));
  const end = half >= SHORTEST_PART ? [{ text: tail, least: tail.length, word: false }] : [];
  return [own, ...end, ...whole];
}

/**
 * The bytes as UTF-8 that is read as Latin-1, in hexadecimal and in base32; as lists of numbers, as Node
 * prints a buffer; and in base64 at each of three offsets: as UTF-8, UTF-16 and Latin-1, twice, and of the
 * secret as URLs and JSON write it.
 */
function encodingsOf(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const hex = bytes.toString('hex');
  const pairs = hex.match(/../g) ?? [];
  const inBase64 = [
    ...[bytes, Buffer.from(secret, 'utf16le'), Buffer.from(secret, 'latin1')],
    Buffer.from(bytes.toString('base64')),
    // A lone surrogate has no form in a URL.
    Buffer.from(encodeURIComponent(bytes.toString('utf8'))),
    Buffer.from(JSON.stringify(secret).slice(1, -1)),
  ];
  return [
    ...[bytes.toString('latin1'), hex, base32(bytes)],
    ...[' ', ':', '-'].map((between) => pairs.join(between)),
    ...[',', ', ', ' '].map((between) => bytes.join(between)),
    ...inBase64.flatMap(base64Forms),
  ];
}

/**
 * What base64 makes of the bytes wherever they stand in a longer text: characters that depend on their
 * neighbours are left out.
 */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes]);
    const [from, to] = [Math.ceil((offset * 8) / 6), Math.floor((padded.length * 8) / 6)];
    return [padded.toString('base64').slice(from, to), padded.toString('base64url').slice(from, to)];
  });
}

/** RFC 4648, without what depends on bytes behind these. */
function base32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  const digits = bits.match(/.{5}/g) ?? [];
  return digits.map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five, 2)]).join('');
}

/**
 * A text in lower case with each character where it was: `İ` would become two, which moves all that follow,
 * and what `Σ` becomes depends on what stands beside it.
 */
function lowered(text: string): string {
  return text.replace(/[İΣς]/g, (letter) => (letter === 'İ' ? 'i' : 'σ')).toLowerCase();
}

function replaceForms(text: string, forms: Forms): string {
  const haystack = lowered(text);
  let safe = '';
  let at = 0;
  for (const { from, to } of spansOf(haystack, forms)) {
    if (from >= at) safe += text.slice(at, from) + REDACTED;
    at = Math.max(at, to);
  }
  return safe + text.slice(at);
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Where the forms stand, from the left; a form is not looked for within its own match. */
function spansOf(text: string, forms: Forms): Span[] {
  const spans: Span[] = [];
  const ends = new Map<Form, number>();
  for (let from = 0; from < text.length; from++) {
    for (const form of formsAt(text, from, forms)) {
      if (from < (ends.get(form) ?? 0)) continue;
      const to = matchFrom(text, from, form);
      if (to === null || (form.word && (isWordAt(text, from - 1) || isWordAt(text, to)))) continue;
      spans.push({ from, to });
      ends.set(form, to);
    }
  }
  return spans;
}

const NONE: readonly Form[] = [];

/** The forms that may begin here. Most characters of a text begin none: that costs no more than this look. */
function formsAt(text: string, from: number, forms: Forms): readonly Form[] {
  const begins = text[from] ?? '';
  const own = forms.get(begins) ?? NONE;
  const escapes = ESCAPES[begins];
  if (escapes === undefined) return own;
  const decoded = escapes.map((one) => decodedAt(text, from, one)?.character ?? '');
  return [begins, ...new Set(decoded)].flatMap((character) => forms.get(character) ?? NONE);
}

function isWordAt(text: string, at: number): boolean {
  return /[\p{L}\p{N}_]/u.test(text[at] ?? '');
}

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

/** Where the longest match of a form ends that begins at `from`; null where there is none. */
function matchFrom(text: string, from: number, { text: wanted, least }: Form): number | null {
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
