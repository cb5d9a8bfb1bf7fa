import { createHash, timingSafeEqual } from 'node:crypto';
import type { InvalidReason, RequestFacts } from '../domain/key-service.js';
import { endpointAllowed, ipAllowed, referrerAllowed } from '../domain/restrictions.js';
import { hasScope } from '../domain/scopes.js';
import { inspectSecret } from '../domain/secret-format.js';
import { statusOf } from './key-record.js';
import type { KeyRow, KeyStore } from './store/key-store.js';

export type Authentication =
  | { readonly valid: true; readonly row: KeyRow }
  | { readonly valid: false; readonly reason: InvalidReason; readonly row?: KeyRow };

/** SHA-256 in hex: enough for keys of 196 random bits, which no one can guess a digest's way back to. */
export function secretDigest(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Whether a secret is good for a request, and if not, the first reason why. A mistyped one costs no look-up. */
export async function authenticate(
  store: Pick<KeyStore, 'byDigest'>,
  secret: string,
  facts: RequestFacts,
  now: number,
): Promise<Authentication> {
  const { shape } = inspectSecret(secret);
  if (shape === 'foreign') return { valid: false, reason: 'unknown' };
  if (shape !== 'ours') return { valid: false, reason: shape === 'mistyped' ? 'mistyped' : 'malformed' };
  const digest = secretDigest(secret);
  const row = await store.byDigest(digest);
  // The index found it by its bytes; compared once more in constant time, so that nothing rests on how the index compares.
  if (row === null || !timingSafeEqual(Buffer.from(row.digest, 'hex'), Buffer.from(digest, 'hex'))) {
    return { valid: false, reason: 'unknown' };
  }
  const reason = refusal(row, facts, now);
  return reason === null ? { valid: true, row } : { valid: false, reason, row };
}

function refusal(row: KeyRow, facts: RequestFacts, now: number): InvalidReason | null {
  const status = statusOf(row, now);
  if (status === 'revoked' || status === 'expired') return status;
  const { ips, referrers, endpoints } = row.restrictions;
  if (ips?.length && !(facts.ip !== undefined && ipAllowed(ips, facts.ip))) return 'ip_not_allowed';
  if (referrers?.length && !(facts.referrer !== undefined && referrerAllowed(referrers, facts.referrer))) {
    return 'referrer_not_allowed';
  }
  if (endpoints?.length) {
    const { method, path } = facts;
    if (method === undefined || path === undefined || !endpointAllowed(endpoints, method, path)) {
      return 'endpoint_not_allowed';
    }
  }
  if (facts.scope !== undefined && !hasScope(row.scopes, facts.scope)) return 'scope_missing';
  return null;
}
