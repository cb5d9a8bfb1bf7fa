import { KeysError } from '../../domain/errors.js';
import type { InvalidReason, RequestFacts } from '../../domain/key-service.js';
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
};

/** The key of an `Authorization: Bearer` header. Throws `unauthenticated` where there is none. */
export function bearerKey(authorization: string | undefined): string {
  const key = /^Bearer +(\S{1,1000}) *$/i.exec(authorization ?? '')?.[1];
  if (key !== undefined) return key;
  throw new KeysError('unauthenticated', 'no key came with the request', {
    hint: 'send it as Authorization: Bearer <key>',
    details: { reason: 'missing' },
  });
}

/** The key that a request comes with, checked against all that restricts it. Throws `unauthenticated` or `forbidden` with the reason. */
export async function authenticateCaller(
  rules: KeyRules,
  secret: string,
  facts: RequestFacts,
): Promise<KeyRow> {
  const found = await rules.authenticate(secret, facts);
  if (found.valid) return found.row;
  throw new KeysError(FORBIDDEN.has(found.reason) ? 'forbidden' : 'unauthenticated', MESSAGES[found.reason], {
    details: { reason: found.reason },
  });
}
