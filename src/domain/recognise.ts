import { KeysError } from './errors.js';
import { type Credential, credentialParts } from './key.js';
import type { Provider, SecretPrefix } from './provider.js';

/** Longer than what servers take in all headers together. */
const LONGEST_KEY = 16_384;
/** Shorter than this is a fragment: the hint of its last four characters would show too much of it. */
const SHORTEST_KEY = 8;

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

/**
 * Throws `invalid_request` for what cannot be a credential of this provider: a wrong prefix (and says what it looks like
 * instead), white space, twice the same half. What is not published cannot be judged.
 */
export function checkCredential(
  provider: Pick<Provider, 'title' | 'format' | 'id'>,
  credential: Credential,
  all: ReadonlyArray<Pick<Provider, 'id' | 'title' | 'format'>>,
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
  if (prefixes.length === 0 || half === 0) return;
  if (half === 1)
    throw wrong('the halves of the pair are swapped', 'paste first the API key, then the secret key');
  const [other] = recognise(first, all);
  throw wrong(
    `a key of ${provider.title} begins with ${prefixes.map(({ prefix }) => prefix).join(' or ')}`,
    other === undefined
      ? 'is it the key, whole and from its beginning?'
      : `this one looks like a key of ${other.title}: --provider ${other.provider}`,
  );
}
