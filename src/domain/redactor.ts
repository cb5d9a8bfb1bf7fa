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

/** Returns a redactor that knows no secret yet. One is shared by all that a call prints, logs or throws. */
export function createRedactor(): Redactor {
  const known = new Set<string>();
  let added: string[] = [];
  const forms: Forms = { all: [], byFirst: new Map() };
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
      return forms.all.length === 0 ? text : replaceForms(text, forms);
    },
  };
}

/** Forms by their first character too: an apply of a thousand keys prints a line for each. */
interface Forms {
  readonly all: Form[];
  readonly byFirst: Map<string, Form[]>;
}

function addForm({ all, byFirst }: Forms, form: Form): void {
  all.push(form);
  const first = form.text[0] ?? '';
  const others = byFirst.get(first);
  if (others === undefined) byFirst.set(first, [form]);
  else others.push(form);
}

/**
 * The secret itself, its second half, its bytes as UTF-8 that is read as Latin-1, in hexadecimal, in base32,
 * and in base64 at each of three offsets, once and twice.
 */
function formsOf(secret: string): Form[] {
  const bytes = Buffer.from(secret, 'utf8');
  const half = Math.ceil(secret.length / 2);
  const twice = Buffer.from(bytes.toString('base64'));
  const encoded = [bytes.toString('hex'), base32(bytes), ...base64Forms(bytes), ...base64Forms(twice)];
  const texts = [bytes.toString('latin1'), ...encoded];
  const whole = [...new Set(texts)]
    .filter((text) => text !== secret && text.length >= WORD)
    .map((text) => ({ text: text.toLowerCase(), least: text.length, word: false }));
  const least = half >= SHORTEST_PART ? half : secret.length;
  const own = { text: secret.toLowerCase(), least, word: secret.length < WORD };
  const tail = secret.slice(secret.length - half).toLowerCase();
  const end = half >= SHORTEST_PART ? [{ text: tail, least: tail.length, word: false }] : [];
  return [own, ...end, ...whole];
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

function replaceForms(text: string, forms: Forms): string {
  const lower = text.toLowerCase();
  // A few letters become longer in lower case: then places would not agree.
  const haystack = lower.length === text.length ? lower : text;
  const spans = spansOf(haystack, forms);
  let safe = '';
  let at = 0;
  for (const { from, to } of spans) {
    if (from >= at) safe += text.slice(at, from) + REDACTED;
    at = Math.max(at, to);
  }
  return safe + text.slice(at);
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Where forms stand in the text, in the order of their beginnings. */
function spansOf(text: string, { all, byFirst }: Forms): Span[] {
  const spans: Span[] = [];
  for (let from = 0; from < text.length; from++) {
    const begins = text[from] ?? '';
    // An escape may stand for any character. Most others begin nothing.
    for (const form of begins in ESCAPES ? all : (byFirst.get(begins) ?? [])) {
      const to = matchFrom(text, from, form);
      if (to === null || (form.word && (isWordAt(text, from - 1) || isWordAt(text, to)))) continue;
      spans.push({ from, to });
    }
  }
  return spans;
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
  '%': [0, 1, 2, 3].map((times) => ({
    pattern: new RegExp(`%(?:25){${times}}([0-9a-f]{2})`, 'y'),
    decode: code(16),
  })),
  '\\': [
    { pattern: /\\{1,8}u\{?0{0,4}([0-9a-f]{1,4})\}?/y, decode: code(16) },
    { pattern: /\\{1,8}x([0-9a-f]{2})/y, decode: code(16) },
    { pattern: /\\{1,8}([0-3][0-7]{2})/y, decode: code(8) },
    { pattern: /\\(["\\/'])/y, decode: (itself) => itself },
    { pattern: /\\{3}(["\\/'])/y, decode: (itself) => itself },
    // A backslash in a string in a string.
    { pattern: /\\{3}(\\)/y, decode: (itself) => itself },
  ],
  '&': [0, 1, 2].flatMap((times) => [
    { pattern: new RegExp(`&(?:amp;){${times}}#x0{0,4}([0-9a-f]{1,4});`, 'y'), decode: code(16) },
    { pattern: new RegExp(`&(?:amp;){${times}}#0{0,4}(\\d{1,5});`, 'y'), decode: code(10) },
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
    const character = wanted[count] ?? '';
    const next = ends.flatMap((at) => {
      const found = endsOfCharacter(text, at, character);
      const after = count === 0 ? at : afterLineBreak(text, at);
      return after === at ? found : [...found, ...endsOfCharacter(text, after, character)];
    });
    if (next.length === 0) break;
    ends = next.length === 1 ? next : [...new Set(next)];
  }
  return count >= least ? Math.max(...ends) : null;
}

/**
 * A line break as it stands, or as JSON or a URL writes it, with what begins the next line: programs break
 * long lines.
 */
const LINE_BREAK =
  /(?:=?\r?\n|(?:(?:\\{1,2}|%(?:25){0,3}5c)r)?(?:\\{1,2}|%(?:25){0,3}5c)n|(?:%(?:25){0,3}0d)?%(?:25){0,3}0a)[ \t]*/iy;

function afterLineBreak(text: string, at: number): number {
  // Few characters can begin one: this is asked at each character of a match.
  if (!'\r\n=\\%'.includes(text[at] ?? ' ')) return at;
  LINE_BREAK.lastIndex = at;
  return LINE_BREAK.test(text) ? LINE_BREAK.lastIndex : at;
}

/** Where a character ends that stands at this place, for each way in which it may be written there. */
function endsOfCharacter(text: string, at: number, character: string): number[] {
  const ends = text[at] === character ? [at + 1] : [];
  for (const { pattern, decode } of ESCAPES[text[at] ?? ''] ?? []) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[1];
    if (found !== undefined && decode(found)?.toLowerCase() === character) ends.push(pattern.lastIndex);
  }
  return ends;
}
