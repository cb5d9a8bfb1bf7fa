import { KeysError } from './errors.js';
import type { CreateKey } from './key-service.js';
import { anyOf, formatMatcher, looksRandom } from './match-format.js';
import { FORMATS } from './published-formats.js';
import { isPublicPrefix, SECRET_BODY_LENGTH, secretStart } from './secret-format.js';

/** Why a text is refused that every list of keys shows. It follows the name of the member, field or flag. */
export const SECRET_WHY = 'looks like a secret, which everybody who lists keys would see';

/** No secret has fewer characters: an ordinary name is not looked at further. */
const SHORTEST = 20;

/**
 * Whether a text holds a secret: of our key service, by its checksum, in a format that a vendor publishes, or
 * behind a prefix that secrets alone have. Names, ids, digests of commits and public keys are none.
 */
export function holdsSecret(text: string): boolean {
  if (text.length < SHORTEST) return false;
  return holdsOwnKey(text, 'secret') || holdsFormat(text) || holdsPrefixed(text);
}

/**
 * Whether a text holds a whole key of our key service: by its checksum, so that nothing else is taken for
 * one.
 */
export function holdsOwnKey(text: string, type: 'secret' | 'any' = 'any'): boolean {
  if (text.length < SECRET_BODY_LENGTH) return false;
  for (const { 0: run, index } of text.matchAll(/[0-9A-Za-z]{39,}/g)) {
    const end = index + run.length;
    const start = secretStart(text, end);
    if (start === null) continue;
    const prefix = text.slice(start, end - SECRET_BODY_LENGTH);
    if (type === 'any' || !isPublicPrefix(prefix)) return true;
  }
  return false;
}

/**
 * Whether a text could be a secret of any service: no word has so many letters and digits without a break.
 * Names of some customers have, so this is for texts that can be refused without a loss, such as a search. An
 * id of a key service is none.
 */
export function couldBeSecret(text: string): boolean {
  if (/^\s*key_\w{8,64}\s*$/.test(text)) return false;
  if (holdsSecret(text)) return true;
  const runs = text.match(/[A-Za-z0-9]{20,}/g) ?? [];
  return runs.some((run) => /\d/.test(run) && /[A-Za-z]/.test(run));
}

let published: ((text: string) => boolean) | undefined;

function holdsFormat(text: string): boolean {
  published ??= formatFinder();
  return published(text);
}

/** The search for every published format. It is made when the first long text is looked at. */
function formatFinder(): (text: string) => boolean {
  const matchers = FORMATS.map(formatMatcher);
  const anchor = anyOf(FORMATS.flatMap(({ prefixes }) => prefixes));
  return (text) =>
    [...text.matchAll(anchor)].some(({ index }) => matchers.some((match) => match(text, index) !== null));
}

/**
 * An access key of AWS, a key of Google, and a token in three parts, such as of Supabase: nothing else has
 * these forms.
 */
const WHOLE =
  /\b(?:(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{35}|eyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{16,})(?![\w-])/;

/**
 * Prefixes of secrets whose form is not published, or of which only a part is there: those of Stripe and of
 * many services like it, Anthropic, GitLab, GitHub, Grafana, Pinecone, Docker, Slack and Clerk.
 */
const PREFIXED =
  /(?<![0-9A-Za-z])(?:sk|rk|whsec|glpat|gh[oprsu]|github_pat|gls?[ac]|pcsk|dckr_pat|xox[abeprs]|xapp|ak)[_-][\w-]*/g;
const RUN = /[0-9A-Za-z]{16,}/g;

function holdsPrefixed(text: string): boolean {
  if (WHOLE.test(text)) return true;
  return [...text.matchAll(PREFIXED)].some(({ 0: found }) => (found.match(RUN) ?? []).some(isDrawn));
}

/**
 * Where one kind of character follows another. The small letter behind a capital is no such place: words
 * begin so, too.
 */
const CHANGE = /(?<=\d)[A-Za-z]|(?<=[a-z])[A-Z\d]|(?<=[A-Z])\d/g;

/**
 * Whether a run of letters and digits is drawn by a generator: there, one kind of character follows another
 * far more often than in words that are written together.
 */
function isDrawn(run: string): boolean {
  const changes = run.match(CHANGE)?.length ?? 0;
  return looksRandom(run) && /\d/.test(run) && changes * 5 > run.length;
}

/** The members of a key that lists and records show. */
const SHOWN = [
  ...(['name', 'environment', 'service', 'owner', 'scopes', 'metadata', 'restrictions'] as const),
] satisfies ReadonlyArray<keyof CreateKey>;

/** The first member of a request in whose texts a secret is; null: there is none. */
export function memberWithSecret(request: unknown): (typeof SHOWN)[number] | null {
  if (typeof request !== 'object' || request === null) return null;
  return SHOWN.find((member) => textsIn(Reflect.get(request, member)).some(holdsSecret)) ?? null;
}

/** Every text in a value, and the names of its members. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.entries(value);
  return inner.flatMap(([name, member]) => [...(Array.isArray(value) ? [] : [name]), ...textsIn(member)]);
}

/**
 * Throws `invalid_request` for a request for a key that puts a secret where lists show it. The error does not
 * repeat it.
 */
export function refuseSecrets(request: unknown): void {
  const member = memberWithSecret(request);
  if (member === null) return;
  throw new KeysError('invalid_request', `${member}: ${SECRET_WHY}`, {
    hint: 'say what the key is for; if this is a secret, roll its key',
    details: { member },
  });
}
