import { KeysError } from '../../domain/errors.js';
import type { InvalidReason } from '../../domain/key-service.js';
import { carriesChecksum, inspectSecret } from '../../domain/secret-format.js';
import type { Policy } from '../policies/policy.js';

/**
 * Reasons for which a key that is known and alive is not good for this request: 403, where all others are
 * 401.
 */
const FORBIDDEN: ReadonlySet<InvalidReason> = new Set([
  'wrong_environment',
  'ip_not_allowed',
  'referrer_not_allowed',
  'endpoint_not_allowed',
  'scope_missing',
  'used_up',
]);

const BEARER = /^Bearer +(\S{1,1000}) *$/i;
const BARE = /^(\S{1,1000})$/;
/**
 * In a header that has keys alone, the word may stand before the key: clients copy it from `Authorization`.
 */
const EITHER = /^(?:Bearer +)?(\S{1,1000}) *$/i;

/**
 * The key of an `Authorization: Bearer` header: what manages keys comes so under every policy. Throws
 * `unauthenticated` where there is none.
 */
export function bearerKey(header: (name: string) => string | undefined): string {
  const value = header('authorization');
  const key = BEARER.exec(value ?? '')?.[1];
  if (key !== undefined) return key;
  throw noKey(value ? ['authorization'] : [], 'send it as Authorization: Bearer <key>');
}

/**
 * Throws `unauthenticated` for two `Authorization` headers: which one counts differs from server to server.
 */
export function refuseTwoAuthorizations(rawHeaders: readonly string[]): void {
  let seen = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === AUTHORIZATION.length && name.toLowerCase() === AUTHORIZATION) seen++;
  }
  if (seen < 2) return;
  throw new KeysError('unauthenticated', 'two Authorization headers came with the request', {
    hint: 'send exactly one of the two',
    details: { reason: 'ambiguous' },
  });
}

const AUTHORIZATION = 'authorization';

/** The error for a request without a key. `seen`: headers that have a value, in which no key was found. */
function noKey(seen: readonly string[], hint: string): KeysError {
  if (seen.length === 0) {
    return new KeysError('unauthenticated', 'no key came with the request', {
      hint,
      details: { reason: 'missing' },
    });
  }
  return new KeysError(
    'unauthenticated',
    `${seen.map(inTitle).join(' and ')} came without a key in the right form`,
    {
      hint,
      details: { reason: 'malformed' },
    },
  );
}

/**
 * The key in whichever form the policy takes it; a management key also as a Bearer token. Of several values
 * the one of our format counts: a request may carry a token of something else. Throws `unauthenticated` where
 * there is none, or two keys.
 */
export function presentedKey(
  header: (name: string) => string | undefined,
  { placements }: Pick<Policy, 'placements'>,
): string {
  const found = new Set<string>();
  for (const { header: name, form } of placements) {
    const value = header(name);
    const key = value === undefined ? undefined : patternOf(name, form).exec(value)?.[1];
    if (key !== undefined) found.add(key);
  }
  const [only] = found;
  if (found.size === 1 && only !== undefined) return only;
  const whole = [...found].filter(carriesChecksum);
  if (whole.length > 1) {
    throw new KeysError('unauthenticated', 'two different keys came with the request', {
      hint: 'send exactly one of the two keys',
      details: { reason: 'ambiguous' },
    });
  }
  if (only !== undefined) return whole[0] ?? only;
  const bearer = BEARER.exec(header('authorization') ?? '')?.[1];
  if (bearer !== undefined && inspectSecret(bearer).shape === 'ours') return bearer;
  const names = [...new Set(placements.map(({ header: name }) => name))];
  throw noKey(
    [...new Set([...names, 'authorization'])].filter((name) => header(name)),
    `send the key as ${placements.map(formOf).join(' or ')}`,
  );
}

function patternOf(header: string, form: Policy['placements'][number]['form']): RegExp {
  if (header !== 'authorization') return EITHER;
  return form === 'bearer' ? BEARER : BARE;
}

/** A header's name as the documents write it. */
function inTitle(header: string): string {
  return header === 'authorization' ? 'Authorization' : header;
}

/** Such as `Authorization: Bearer <key>`. */
function formOf({ header, form }: Policy['placements'][number]): string {
  return `${inTitle(header)}: ${form === 'bearer' ? 'Bearer ' : ''}<key>`;
}

/** Throws `forbidden` without a User-Agent, for systems that want one. */
export function refuseNameless(userAgent: string | undefined): void {
  if (userAgent) return;
  throw new KeysError('forbidden', 'a request needs a User-Agent', { hint: 'say which program asks' });
}

/** Reasons that whoever guesses keys gets. A key that is known is no guess, so its caller gets the reason. */
const GUESSED: ReadonlySet<InvalidReason> = new Set([
  'malformed',
  'mistyped',
  'unknown',
  'signature_missing',
  'signature_wrong',
]);

/** Whether a refused key may be a guess. */
export function isAttempt(reason: InvalidReason): boolean {
  return GUESSED.has(reason);
}

/** Whether a refusal is 403: the key is known and not revoked, but not for this request. */
export function isForbidden(reason: InvalidReason): boolean {
  return FORBIDDEN.has(reason);
}
