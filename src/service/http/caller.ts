import { KeysError } from '../../domain/errors.js';
import type { InvalidReason } from '../../domain/key-service.js';
import { inspectSecret } from '../../domain/secret-format.js';
import type { AuthenticationFacts } from '../authenticate.js';
import type { Policy } from '../policies/policy.js';
import type { KeyRules } from '../rules.js';
import type { KeyRow } from '../store/key-store.js';

/** Reasons for which a key that is known and alive is not good for this request: 403, where all others are 401. */
const FORBIDDEN: ReadonlySet<InvalidReason> = new Set([
  'ip_not_allowed',
  'referrer_not_allowed',
  'endpoint_not_allowed',
  'scope_missing',
]);

const MESSAGES: Readonly<Record<InvalidReason, string>> = {
  malformed: 'the key is not whole, or holds a character that no key has',
  mistyped: 'the key is mistyped: its checksum is wrong',
  unknown: 'no such key',
  revoked: 'the key is revoked',
  expired: 'the key has expired',
  ip_not_allowed: 'the key may not be used from this address',
  referrer_not_allowed: 'the key may not be used from this page',
  endpoint_not_allowed: 'the key may not be used for this endpoint',
  scope_missing: 'the key lacks the scope',
  signature_missing: 'the request is not signed',
  signature_wrong: 'the signature does not fit the request',
};

const BEARER = /^Bearer +(\S{1,1000}) *$/i;
const BARE = /^(\S{1,1000})$/;

/** The key of an `Authorization: Bearer` header: what manages keys comes so under every policy. Throws `unauthenticated` where there is none. */
export function bearerKey(header: (name: string) => string | undefined): string {
  const key = BEARER.exec(header('authorization') ?? '')?.[1];
  if (key !== undefined) return key;
  throw new KeysError('unauthenticated', 'no key came with the request', {
    hint: 'send it as Authorization: Bearer <key>',
    details: { reason: 'missing' },
  });
}

/** The key in whichever form the policy takes it; a management key also as a Bearer token. Throws `unauthenticated` where there is none. */
export function presentedKey(
  header: (name: string) => string | undefined,
  { placements, title }: Policy,
): string {
  for (const { header: name, form } of placements) {
    const key = (form === 'bearer' ? BEARER : BARE).exec(header(name) ?? '')?.[1];
    if (key !== undefined) return key;
  }
  const bearer = BEARER.exec(header('authorization') ?? '')?.[1];
  if (bearer !== undefined && inspectSecret(bearer).shape === 'ours') return bearer;
  throw new KeysError('unauthenticated', 'no key came with the request in a form that is known here', {
    hint: `a key of ${title} goes into ${[...new Set(placements.map(({ header: name }) => name))].join(' or ')}`,
    details: { reason: 'missing' },
  });
}

/** The key that a request comes with, checked against all that restricts it. Throws `unauthenticated` or `forbidden` with the reason. */
export async function authenticateCaller(
  rules: KeyRules,
  secret: string,
  facts: AuthenticationFacts,
): Promise<KeyRow> {
  const found = await rules.authenticate(secret, facts);
  if (found.valid) return found.row;
  throw new KeysError(FORBIDDEN.has(found.reason) ? 'forbidden' : 'unauthenticated', MESSAGES[found.reason], {
    details: { reason: found.reason },
  });
}
