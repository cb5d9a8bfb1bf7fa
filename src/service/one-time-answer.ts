import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { OneTimeAnswer } from './store/key-store.js';

/** How long the one-time answer can be had again. */
export const ANSWER_KEPT_MS = 24 * 3_600_000;

const DIGEST_LABEL = 'keys idempotency digest v1';
const SEAL_LABEL = 'keys idempotency seal v1';
/** Under 256 bits a guess at the idempotency key is not beyond reach, so nothing is sealed under it. */
const STRONG = /^[A-Za-z0-9_-]{43,}$/;

function derive(idempotencyKey: string, label: string): Buffer {
  return Buffer.from(hkdfSync('sha256', idempotencyKey, '', label, 32));
}

/** What recognises a repeat. Nothing can be opened with it. */
export function idempotencyDigest(idempotencyKey: string): string {
  return derive(idempotencyKey, DIGEST_LABEL).toString('hex');
}

/** A request's body whatever the order of its members. */
export function bodyDigest(body: unknown): string {
  return createHash('sha256').update(canonical(body)).digest('hex');
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

type Bound = Pick<OneTimeAnswer, 'principal' | 'route' | 'body_digest' | 'key_id'>;

function additionalData(bound: Bound): Buffer {
  return Buffer.from(JSON.stringify([bound.principal, bound.route, bound.body_digest, bound.key_id]));
}

/** Seals an answer so that only who has the idempotency key, and only for the same request, can open it; null for a weak key. */
export function sealAnswer(idempotencyKey: string, bound: Bound, answer: unknown): OneTimeAnswer['sealed'] {
  if (!STRONG.test(idempotencyKey)) return null;
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', derive(idempotencyKey, SEAL_LABEL), nonce).setAAD(
    additionalData(bound),
  );
  const sealed = Buffer.concat([
    cipher.update(JSON.stringify(answer), 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  return { nonce: nonce.toString('base64url'), ciphertext: sealed.toString('base64url') };
}

/** Opens what `sealAnswer` made; throws where key, request or ciphertext is another. */
export function openAnswer(
  idempotencyKey: string,
  bound: Bound,
  sealed: NonNullable<OneTimeAnswer['sealed']>,
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
