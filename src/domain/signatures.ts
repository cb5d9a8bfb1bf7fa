import { createHmac, timingSafeEqual } from 'node:crypto';

/** HMAC-SHA256 in lower-case hex over exactly these bytes. */
export function signBytes(secretKey: string, bytes: Uint8Array | string): string {
  return createHmac('sha256', secretKey).update(bytes).digest('hex');
}

/** Compares in constant time. A signature of another form (upper case, base64) is another signature. */
export function signatureMatches(secretKey: string, bytes: Uint8Array | string, signature: string): boolean {
  const right = Buffer.from(signBytes(secretKey, bytes));
  const given = Buffer.from(signature);
  return right.length === given.length && timingSafeEqual(right, given);
}
