import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { canonicalJson } from '../domain/canonical-json.js';
import { sha256 } from '../domain/sha256.js';
import type { OneTimeResponse } from './store/key-store.js';

/** How long a repeat gets the same response, in milliseconds. */
export const RESPONSE_KEPT_MS = 24 * 3_600_000;

const DIGEST_LABEL = 'keys idempotency digest v1';
const SEAL_LABEL = 'keys idempotency seal v1';
/** Under 256 bits a guess at the idempotency key is not beyond reach, so nothing is sealed under it. */
const STRONG_BITS = 256;
/** A random key of 256 bits that has fewer different characters than this is one in millions. */
const FEWEST_CHARACTERS = 12;

/**
 * Whether a key can hold 256 random bits. Randomness cannot be seen from outside; what can be seen is what
 * the alphabet and the length allow at most: 64 hex digits, 50 letters of one case and digits, 43 characters
 * of base64url.
 */
export function isStrong(idempotencyKey: string): boolean {
  const plain = idempotencyKey.replaceAll('-', '');
  if (new Set(plain).size < FEWEST_CHARACTERS) return false;
  if (/^([0-9a-f]*|[0-9A-F]*)$/.test(plain)) return plain.length * 4 >= STRONG_BITS;
  if (/^([0-9a-z]*|[0-9A-Z]*)$/.test(plain)) return plain.length * Math.log2(36) >= STRONG_BITS;
  return /^[A-Za-z0-9_-]*$/.test(idempotencyKey) && idempotencyKey.length * 6 >= STRONG_BITS;
}

/** RFC 5869: without a salt, the key of the first step is as many zeros as a digest has bytes. */
const NO_SALT = Buffer.alloc(32);
const FIRST_BLOCK = Buffer.from([1]);

/**
 * Returns 32 bytes by HKDF with SHA-256, which is one block. Written out, because `hkdfSync` takes twice as
 * long, and each create waits for it.
 */
function derive(idempotencyKey: string, label: string): Buffer {
  const extracted = createHmac('sha256', NO_SALT).update(idempotencyKey).digest();
  return createHmac('sha256', extracted).update(label).update(FIRST_BLOCK).digest();
}

/** What recognises a repeat. Nothing can be opened with it. */
export function idempotencyDigest(idempotencyKey: string): string {
  return derive(idempotencyKey, DIGEST_LABEL).toString('hex');
}

/**
 * Recognises a body, whatever the order of its members. Every value counts, null and empty ones too: it is
 * the same request or not.
 */
export function bodyDigest(body: unknown): string {
  return sha256(canonicalJson(body));
}

type Bound = Pick<OneTimeResponse, 'principal' | 'route' | 'body_digest' | 'key_id'>;

function additionalData(bound: Bound): Buffer {
  return Buffer.from(JSON.stringify([bound.principal, bound.route, bound.body_digest, bound.key_id]));
}

/**
 * Seals a response so that only who has the idempotency key, and only for the same request, can open it; null
 * for a weak key.
 */
export function sealResponse(
  idempotencyKey: string,
  bound: Bound,
  response: unknown,
): OneTimeResponse['sealed'] {
  if (!isStrong(idempotencyKey)) return null;
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', derive(idempotencyKey, SEAL_LABEL), nonce).setAAD(
    additionalData(bound),
  );
  const sealed = Buffer.concat([
    cipher.update(JSON.stringify(response), 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  return { nonce: nonce.toString('base64url'), ciphertext: sealed.toString('base64url') };
}

/** Opens what `sealResponse` made; throws where key, request or ciphertext is another. */
export function openResponse(
  idempotencyKey: string,
  bound: Bound,
  sealed: NonNullable<OneTimeResponse['sealed']>,
): unknown {
  const bytes = Buffer.from(sealed.ciphertext, 'base64url');
  const decipher = createDecipheriv(
    'aes-256-gcm',
    derive(idempotencyKey, SEAL_LABEL),
    Buffer.from(sealed.nonce, 'base64url'),
    { authTagLength: 16 },
  ).setAAD(additionalData(bound));
  decipher.setAuthTag(bytes.subarray(-16));
  return JSON.parse(
    Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString('utf8'),
  );
}
