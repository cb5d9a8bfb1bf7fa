import type { SecretFormat } from './published-formats.js';

/** A secret in a provider's format, in its parts. */
interface FormatMatch {
  readonly prefix: string;
  readonly whole: string;
}

/** Returns the secret of a format that begins at a place of a text, or null. */
type FormatMatcher = (text: string, start: number) => FormatMatch | null;

/** Characters in front of a secret in which `SecretFormat.near` is looked for. */
const NEAR = 80;
const FRESH = /(?:^|[^\w-]|\\[nrt]|%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2})$/;

/** Makes the search for one format once, for many texts. */
export function formatMatcher(format: SecretFormat): FormatMatcher {
  const { proof, near } = format;
  // A proof needs no edges; without one, a part of something longer is not a key.
  const edge = proof === undefined ? '(?![\\w-])' : '';
  const prefixes = format.prefixes.map(escaped).join('|');
  const shape = new RegExp(`(${prefixes})(${format.body.source})${edge}`, 'y');
  return (text, start) => {
    shape.lastIndex = start;
    const [whole, prefix = '', body = ''] = shape.exec(text) ?? [];
    if (whole === undefined) return null;
    if (
      proof !== undefined ? !proof(body) : !(startsFresh(text, start) && looksRandom(body, leastVaried(body)))
    )
      return null;
    if (near !== undefined && !near.test(text.slice(Math.max(0, start - NEAR), start))) return null;
    return { prefix, whole };
  };
}

/** A regular expression that finds each of these texts, without those that are empty. */
export function anyOf(texts: Iterable<string>): RegExp {
  const wanted = [...new Set(texts)].filter((text) => text !== '');
  return new RegExp(wanted.map(escaped).join('|'), 'g');
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** Not in the middle of a word; an escape such as `\n` or `%3D` in front is no part of the word. */
function startsFresh(text: string, at: number): boolean {
  return FRESH.test(text.slice(Math.max(0, at - 6), at));
}

/** What people write where a key would stand. */
const WRITTEN = /(.)\1{7}|xxxx|example|0123456|12345678|abcdefg/i;

/** Different characters of a text that could come from a generator. */
const VARIED = 9;

/** The same for the body of a known format: of 16 characters, one in a thousand has fewer than nine. */
function leastVaried(body: string): number {
  return Math.min(VARIED, Math.ceil(body.length * 0.4));
}

/**
 * Whether a text could come from a generator: examples and place holders do not. `varied`: different
 * characters that it must have.
 */
export function looksRandom(body: string, varied = VARIED): boolean {
  return new Set(body).size >= varied && !WRITTEN.test(body);
}
