/**
 * The header by which a service recognises a repeat (draft-ietf-httpapi-idempotency-key-header), in lower
 * case.
 */
export const IDEMPOTENCY_HEADER = 'idempotency-key';

/** A fresh 256-bit idempotency key, base64url. */
export function newIdempotencyKey(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
}
