import { createHmac, timingSafeEqual } from 'node:crypto';
import { KeysError } from './errors.js';

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
 * as strings; without any `{}`. Throws `invalid_request` for a parameter that comes twice: an object holds one of the two, and
 * the server behind may read the other. Source: the vendor's endpoint pages.
 */
export function signedPart(request: {
  readonly url: string;
  readonly body?: Uint8Array | string;
}): Uint8Array | string {
  if (request.body !== undefined && request.body.length > 0) return request.body;
  const { searchParams } = new URL(request.url);
  const names = [...searchParams.keys()];
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new KeysError('invalid_request', `a signed parameter comes twice: ${twice.slice(0, 100)}`);
  }
  return JSON.stringify(Object.fromEntries(searchParams));
}
