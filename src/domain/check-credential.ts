import { KeysError } from './errors.js';
import { type Credential, credentialParts } from './key.js';
import type { Provider } from './provider.js';
import { FORMATS } from './published-formats.js';
import { type Known, recognise, unmistakable } from './recognise.js';
import { titleInSentence } from './systems.js';

/** Longer than what servers take in all headers together. */
const LONGEST_KEY = 16_384;
/** Shorter than this is a fragment: the hint of its last four characters would show too much of it. */
const SHORTEST_KEY = 6;
/**
 * No vendor without key endpoints publishes a length. Random text of fewer characters can be guessed, and of
 * more is no key.
 */
const IN_A_DASHBOARD = { shortest: 16, longest: 512 };
/** A prefix with fewer characters says nothing. */
const SHORTEST_PREFIX = 3;

const ADDRESS = /^[a-z][a-z0-9+.-]*:\/\/|^www\.|^[^@\s]+@[\w-]+(?:\.[\w-]+)+$/i;
/** A key in base64 has the sign at its end only. */
const ASSIGNMENT = /^(?:\$env:)?[A-Za-z_]\w*=+[^=]/i;
const PLACEHOLDER =
  /^(.)\1+$|^<.*>$|^\$\{?\w+\}?$|^\{\{.*\}\}$|\.{3}|\*{3}|x{6}|your[-_]?(?:own[-_]?)?(?:api|secret|access|key|token)|(?:key|token|secret)[-_]?(?:goes[-_]?)?here|change[-_]?me|replace[-_]?(?:me|with)|placeholder|pass[-_]?(?:word|phrase)|paste[-_]?(?:your|the|it|here)|example[-_]?(?:api|secret|access|key|token)/i;

/** What is true of a text that is no key, with what to do. */
const NO_KEYS: ReadonlyArray<readonly [RegExp, string, string]> = [
  [ADDRESS, 'this is an address, not a key', 'copy the key itself'],
  [ASSIGNMENT, 'this is an assignment, not a key', 'copy only the key, behind the ='],
  [PLACEHOLDER, 'this is a placeholder, not a key', 'copy the key itself, from the dashboard'],
];

type Checked = Pick<Provider, 'title' | 'format' | 'id'> & { readonly operations?: Provider['operations'] };

/**
 * Throws `invalid_request` for what cannot be a credential of this provider: white space, twice the same
 * half, an address, an assignment, a placeholder, a key that is certainly another provider's. A system that
 * is managed in its dashboard publishes the form of its keys: there a wrong prefix, any other system's prefix
 * and an unusual length are refused. Anywhere else an unusual beginning is no reason, because vendors change
 * their prefixes and old keys live on. `anyForm`: only what no key can be is refused.
 */
export function checkCredential(
  provider: Checked,
  credential: Credential,
  all: readonly Known[],
  { anyForm = false }: { readonly anyForm?: boolean } = {},
): void {
  const parts = credentialParts(credential);
  for (const part of parts) {
    if (part === '') throw wrong('no key was pasted', 'copy it from the dashboard, whole');
    if (!/^[\x21-\x7e]+$/.test(part) || part.length > LONGEST_KEY) {
      throw wrong(
        'the pasted key holds white space or a character that no key has',
        'copy it again: was it cut by a line break?',
      );
    }
    if (part.length < SHORTEST_KEY) throw tooShort(part);
  }
  if (new Set(parts).size < parts.length)
    throw wrong('both parts are the same', 'paste first the API key, then the secret key');
  if (anyForm) return;
  for (const part of parts) {
    const [, message, hint] = NO_KEYS.find(([pattern]) => pattern.test(part)) ?? [];
    if (message !== undefined && hint !== undefined) throw unusual(message, hint);
  }
  checkPrefix(provider, parts, all);
  if (!isInDashboard(provider)) return;
  for (const part of parts) {
    if (part.length < IN_A_DASHBOARD.shortest) throw tooShort(part, unusual);
    if (part.length > IN_A_DASHBOARD.longest) {
      throw unusual(`a key of ${part.length} characters is too long`, 'copy only the key');
    }
  }
}

/**
 * Throws for another system's prefix, and for a prefix that is not the provider's where it publishes some.
 */
function checkPrefix(provider: Checked, parts: readonly string[], all: readonly Known[]): void {
  const { prefixes } = provider.format;
  const byHand = isInDashboard(provider);
  const own = parts.findIndex((part) => prefixes.some(({ prefix }) => part.startsWith(prefix)));
  if (own === 0) return;
  if (prefixes.length === 0) {
    for (const part of byHand ? parts : []) refuseForeign(part, provider, all);
    return;
  }
  if (own === 1)
    throw unusual('the halves of the pair are swapped', 'paste first the API key, then the secret key');
  const [first = ''] = parts;
  const certain = unmistakable(first, all);
  if (!byHand && certain === null) return;
  const [other] = certain === null ? recognise(first, all) : [certain];
  throw unusual(
    `a key of ${titleInSentence(provider)} begins with ${prefixes.map(({ prefix }) => prefix).join(' or ')}`,
    other === undefined
      ? 'is it the key, whole and from its beginning?'
      : `this one looks like a key of ${titleInSentence(other)}`,
    other?.provider,
  );
}

/**
 * Throws for a text that begins like a key of another provider, or like another key whose form is published.
 */
function refuseForeign(text: string, { id, title }: Checked, all: readonly Known[]): void {
  const own = titleInSentence({ title });
  const others = all.filter((other) => other.id !== id && (other.source ?? null) === null);
  const other = recognise(text, others).find(({ prefix, pattern }) =>
    pattern === undefined ? prefix.length >= SHORTEST_PREFIX && /[-_.]/.test(prefix) : pattern.test(text),
  );
  if (other !== undefined) {
    throw unusual(`this is a key of ${titleInSentence(other)}, not of ${own}`, undefined, other.provider);
  }
  const format = FORMATS.find(({ prefixes }) => prefixes.some((prefix) => text.startsWith(prefix)));
  if (format === undefined) return;
  throw unusual(
    `this looks like a key of another system (${format.title}), not of ${own}`,
    `copy the key of ${own}`,
  );
}

function isInDashboard({ operations }: Checked): boolean {
  return operations?.create === 'dashboard';
}

function wrong(message: string, hint: string): KeysError {
  return new KeysError('invalid_request', message, { hint });
}

/** As `wrong`, for a text that may be a key all the same. */
function unusual(message: string, hint?: string, provider?: string): KeysError {
  const all = [...(hint === undefined ? [] : [hint]), 'KEYS_ANY_CREDENTIAL=1 takes it all the same'].join(
    '; ',
  );
  if (provider === undefined) return wrong(message, all);
  return new KeysError('invalid_request', message, {
    hint: all,
    next: 'give_provider',
    details: { provider },
  });
}

function tooShort({ length }: string, error = wrong): KeysError {
  return error(
    `a key of ${length} ${length === 1 ? 'character' : 'characters'} is too short`,
    'copy it from the dashboard, whole',
  );
}
