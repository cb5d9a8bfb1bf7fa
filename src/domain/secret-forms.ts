import { lowered } from './lower-case.js';

/** A text that gives a secret away, in lower case. */
export interface SecretForm {
  readonly text: string;
  /** Characters that must match, from the first; fewer than all where half of a secret counts. */
  readonly least: number;
  /** Whether letters or digits beside it make it something else. */
  readonly word: boolean;
}

/** A secret shorter than this is replaced as a whole word only. */
const WORD = 8;
/** A part of a secret counts where it has this many characters, and half of the secret. */
const SHORTEST_PART = 12;

/** The secret itself, its second half, and what programs make of its bytes. */
export function formsOf(secret: string): SecretForm[] {
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
