import { KeysError } from './errors.js';

/**
 * What Tylt signs of a request: the raw body; without one the compact JSON object of the parameters, in their
 * order, values as strings; without any `{}`. Throws `invalid_request` for a parameter that comes twice: an
 * object holds one of the two, and the server behind may read the other. Source: the vendor's endpoint pages.
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
