import { nodeCrypto, nodeZlib } from './builtins.js';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 33 base62 characters carry 196 bits: at least the 192 asked for. */
const RANDOM_LENGTH = 33;
/** A CRC32 fits six base62 digits. */
const CHECKSUM_LENGTH = 6;
/** Characters behind the prefix of every secret that our key service creates. */
export const SECRET_BODY_LENGTH = RANDOM_LENGTH + CHECKSUM_LENGTH;
const BODY = new RegExp(`^[0-9A-Za-z]{${SECRET_BODY_LENGTH}}$`);

/** Prefixes that our key service creates, by type and environment. */
export const PREFIXES = ['sk_live_', 'sk_test_', 'pk_live_', 'pk_test_'] as const;

/** Uniform base62 characters from the system's generator. */
export function randomBase62(length: number): string {
  const { randomInt } = nodeCrypto();
  let text = '';
  for (let i = 0; i < length; i++) text += BASE62[randomInt(62)];
  return text;
}

/** CRC32 of a text, as six base62 digits, most significant first. */
export function checksum(text: string): string {
  let rest = nodeZlib().crc32(text);
  let digits = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    digits = BASE62[rest % 62] + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** A new secret: `<prefix><33 random base62><6 checksum>`. */
export function generateSecret(prefix: string): string {
  const unchecked = prefix + randomBase62(RANDOM_LENGTH);
  return unchecked + checksum(unchecked);
}

/**
 * Whether a text ends as the secrets of our key service do, whatever its prefix: random characters, and a
 * checksum over all that comes before. One other text in four billion does too.
 */
export function carriesChecksum(text: string): boolean {
  const split = text.length - CHECKSUM_LENGTH;
  return BODY.test(text.slice(-SECRET_BODY_LENGTH)) && checksum(text.slice(0, split)) === text.slice(split);
}

/** Characters of the longest prefix that a key service of ours may be given. */
export const MOST_PREFIX_LENGTH = 32;

/** Such as `acme_` or `acme-live-`: a word that is plainly not part of the random characters behind it. */
export const OWN_PREFIX = /^[A-Za-z][\w-]{0,30}[_-]$/;

/** Whether an own prefix is of public keys: one of its words is `pk`, `pub` or `public`. */
export function isPublicPrefix(prefix: string): boolean {
  return /(^|[_-])(pk|pub|public)[_-]/i.test(prefix);
}

/**
 * Where the secret begins that ends at `end` of a text, or null: the longest prefix with which its checksum
 * is right.
 */
export function secretStart(text: string, end: number): number | null {
  const body = end - SECRET_BODY_LENGTH;
  for (let start = Math.max(0, body - MOST_PREFIX_LENGTH); start <= body; start++) {
    const candidate = text.slice(start, end);
    if (/^[\w-]+$/.test(candidate) && carriesChecksum(candidate)) return start;
  }
  return null;
}

/**
 * What a text looks like. `foreign`: none of our prefixes; `truncated`, `malformed` (a character or a length
 * that no secret of ours has) and `mistyped` (right shape, wrong checksum) are conclusive only for keys that
 * our service created.
 */
export type SecretShape =
  | { readonly shape: 'ours'; readonly prefix: string }
  | { readonly shape: 'foreign' }
  | { readonly shape: 'truncated' | 'malformed' | 'mistyped'; readonly prefix: string };

export function inspectSecret(text: string, prefixes: readonly string[] = PREFIXES): SecretShape {
  const prefix = prefixes.find((candidate) => text.startsWith(candidate));
  if (prefix === undefined) return { shape: 'foreign' };
  const body = text.slice(prefix.length);
  if (!BODY.test(body)) {
    const short = /^[0-9A-Za-z]*$/.test(body) && body.length < SECRET_BODY_LENGTH;
    return { shape: short ? 'truncated' : 'malformed', prefix };
  }
  const split = text.length - CHECKSUM_LENGTH;
  const right = checksum(text.slice(0, split)) === text.slice(split);
  return { shape: right ? 'ours' : 'mistyped', prefix };
}
