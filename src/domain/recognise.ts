import { KeysError } from './errors.js';
import { type Credential, credentialParts } from './key.js';
import type { Provider, SecretPrefix } from './provider.js';

/** Longer than what servers take in all headers together. */
const LONGEST_KEY = 16_384;
/** Shorter than this is a fragment: the hint of its last four characters would show too much of it. */
const SHORTEST_KEY = 6;

export interface Resemblance extends SecretPrefix {
  readonly provider: string;
  readonly title: string;
}

/** Which providers' keys a text looks like, by their published prefixes; the longest prefix first. */
export function recognise(
  text: string,
  providers: ReadonlyArray<Pick<Provider, 'id' | 'title' | 'format'>>,
): Resemblance[] {
  return providers
    .flatMap(({ id, title, format }) =>
      format.prefixes
        .filter(({ prefix }) => text.startsWith(prefix))
        .map((prefix) => ({ ...prefix, provider: id, title })),
    )
    .sort((a, b) => b.prefix.length - a.prefix.length);
}

/** A prefix with fewer characters begins keys of many services, and passwords. */
const SHORTEST_MARK = 5;
/** A text with fewer characters behind a prefix is no key of that provider. */
const SHORTEST_BODY = 16;

type Known = Pick<Provider, 'id' | 'title' | 'format'> & { readonly source?: string | null };

/**
 * The provider whose key a text certainly is: its published form matches the whole, or a prefix that no chance text has. Null where
 * that is not certain. A provider of the user's own never counts: its file says nothing about other services.
 */
export function unmistakable(text: string, providers: readonly Known[]): Resemblance | null {
  const shipped = providers.filter(({ source = null }) => source === null);
  const certain = recognise(text, shipped).find(({ prefix, pattern }) =>
    pattern === undefined
      ? prefix.length >= SHORTEST_MARK &&
        /[-_.]$/.test(prefix) &&
        text.length >= prefix.length + SHORTEST_BODY
      : pattern.test(text),
  );
  return certain ?? null;
}

/**
 * Throws `invalid_request` for what cannot be a credential of this provider: white space, twice the same half, a key that is
 * certainly another provider's. A system that is managed in its dashboard publishes the form of its keys: there a wrong prefix
 * is refused. Anywhere else an unusual beginning is no reason, because vendors change their prefixes and old keys live on.
 */
export function checkCredential(
  provider: Pick<Provider, 'title' | 'format' | 'id'> & { readonly operations?: Provider['operations'] },
  credential: Credential,
  all: readonly Known[],
): void {
  const parts = credentialParts(credential);
  const wrong = (message: string, hint: string) => new KeysError('invalid_request', message, { hint });
  for (const part of parts) {
    if (part === '') throw wrong('no key was pasted', 'copy it from the dashboard, whole');
    if (!/^[\x21-\x7e]+$/.test(part) || part.length > LONGEST_KEY) {
      throw wrong(
        'the pasted key holds white space or a character that no key has',
        'copy it again: was it cut by a line break?',
      );
    }
    if (part.length < SHORTEST_KEY) {
      throw wrong(`a key of ${part.length} characters is too short`, 'copy it from the dashboard, whole');
    }
  }
  if (new Set(parts).size < parts.length)
    throw wrong('both parts are the same', 'paste first the API key, then the secret key');
  const { prefixes } = provider.format;
  const [first = ''] = parts;
  const half = parts.findIndex((part) => prefixes.some(({ prefix }) => part.startsWith(prefix)));
  if (half === 0) return;
  if (prefixes.length === 0) {
    const other = provider.operations?.create === 'dashboard' ? unmistakable(first, all) : null;
    if (other === null || other.provider === provider.id) return;
    throw wrong(`this is a key of ${other.title}, not of ${provider.title}`, `--provider ${other.provider}`);
  }
  if (half === 1)
    throw wrong('the halves of the pair are swapped', 'paste first the API key, then the secret key');
  const certain = unmistakable(first, all);
  if (provider.operations?.create !== 'dashboard' && certain === null) return;
  const [other] = certain === null ? recognise(first, all) : [certain];
  throw wrong(
    `a key of ${provider.title} begins with ${prefixes.map(({ prefix }) => prefix).join(' or ')}`,
    other === undefined
      ? 'is it the key, whole and from its beginning?'
      : `this one looks like a key of ${other.title}: --provider ${other.provider}`,
  );
}
