import { createHmac, hash } from 'node:crypto';

/** How another key system has digested its secrets. */
export const DIGEST_ALGORITHMS = ['sha256', 'sha512', 'hmac-sha256', 'bcrypt'] as const;
export type DigestAlgorithm = (typeof DIGEST_ALGORITHMS)[number];

/**
 * A digest as the database stores it. A key of our own has 64 hex digits; an imported one has these too
 * (`sha256`), or names its algorithm in front: `sha512:<hex>`, `hmac-sha256:<id of the HMAC key>:<hex>`,
 * `bcrypt:<hash>`.
 */
export const STORED_DIGEST =
  /^([0-9a-f]{64}|sha512:[0-9a-f]{128}|hmac-sha256:[0-9a-f]{16}:[0-9a-f]{64}|bcrypt:\$2[aby]\$\d\d\$[./0-9A-Za-z]{53})$/;

const BCRYPT = 'bcrypt:';
/** The condition on a row that its digest is of bcrypt; the same text as in the index of such rows. */
export const IS_BCRYPT = `substr(digest, 1, ${BCRYPT.length}) = '${BCRYPT}'`;

const HMAC = 'hmac-sha256:';
/** The condition on a row that its digest is of HMAC. */
export const IS_HMAC = `substr(digest, 1, ${HMAC.length}) = '${HMAC}'`;

/**
 * Returns SHA-256 in hex. A fast hash suffices: keys carry 196 bits of entropy, so they cannot be
 * brute-forced.
 */
export function secretDigest(secret: string): string {
  return hash('sha256', secret);
}

/** What an HMAC key is known again by; nothing can be computed with it. 16 hex digits. */
export function hmacKeyId(key: Uint8Array): string {
  return createHmac('sha256', key).update('keys imported digests v1').digest('hex').slice(0, 16);
}

/** A digest in hex (or bcrypt's own text) as the database stores it. `keyId`: of the HMAC key. */
export function storedDigest(algorithm: DigestAlgorithm, digest: string, keyId?: string): string {
  if (algorithm === 'sha256') return digest;
  return algorithm === 'hmac-sha256' ? `hmac-sha256:${keyId}:${digest}` : `${algorithm}:${digest}`;
}

/** The stored forms of a secret's digests by the fast algorithms other than our own. */
export function fastDigests(secret: string, hmacKeys: ReadonlyMap<string, Uint8Array>): string[] {
  return [
    storedDigest('sha512', hash('sha512', secret)),
    ...[...hmacKeys].map(([id, key]) =>
      storedDigest('hmac-sha256', createHmac('sha256', key).update(secret).digest('hex'), id),
    ),
  ];
}

export const isHmac = (stored: string): boolean => stored.startsWith(HMAC);

/** The id of the HMAC key of a stored digest of HMAC. */
export function hmacKeyIdOf(stored: string): string {
  return stored.slice(HMAC.length, stored.indexOf(':', HMAC.length));
}

/** The hash of a stored digest of bcrypt. */
export function bcryptHash(stored: string): string {
  return stored.slice(BCRYPT.length);
}
