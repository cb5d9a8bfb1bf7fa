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

/**
 * What Tylt signs of a request: the raw body; without one the compact JSON object of the parameters, in their order, values
 * as strings; without any `{}`. Source: the vendor's endpoint pages.
 */
export function signedPart(request: {
  readonly url: string;
  readonly body?: Uint8Array | string;
}): Uint8Array | string {
  if (request.body !== undefined && request.body.length > 0) return request.body;
  return JSON.stringify(Object.fromEntries(new URL(request.url).searchParams));
}
