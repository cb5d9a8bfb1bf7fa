import { KeysError } from './errors.js';
import { literalsMatch } from './restrictions.js';

/**
 * `METHOD /path` of a restriction. The path's literals are what stands between its `*`, with percent-encoding
 * undone.
 */
interface Endpoint {
  readonly method: string;
  readonly literals: readonly string[];
}

const HINT = "a method and a path, such as 'GET /v1/users/*' or '* /v1/*'";

/**
 * Throws `invalid_request` for what is not `METHOD /path`, and for a path that `endpointAllowed` never lets
 * through.
 */
export function checkEndpoint(text: string): void {
  const endpoint = parseEndpoint(text);
  if (endpoint !== null && isPlainPath(endpoint.literals.join('x'))) return;
  throw new KeysError('invalid_request', `not an endpoint: ${JSON.stringify(text)}`, { hint: HINT });
}

/**
 * Null for what is not `METHOD /path`. An encoded `*` (`%2a`) is refused, so that each `*` stands for any
 * run.
 */
export function parseEndpoint(text: string): Endpoint | null {
  const match = /^(\*|[A-Z]{3,10}) (\/[^\s?#]*)$/.exec(text);
  if (!match?.[1] || !match[2]) return null;
  try {
    const literals = match[2].split('*').map(decodeURIComponent);
    return literals.some((literal) => literal.includes('*')) ? null : { method: match[1], literals };
  } catch {
    return null;
  }
}

/**
 * Whether a request line is among the endpoints. The path is compared with percent-encoding undone and
 * without its query. A path that nginx, Caddy and Node servers read differently is never allowed: see
 * `normalPath`.
 */
export function endpointAllowed(endpoints: readonly string[], method: string, path: string): boolean {
  const normal = normalPath(path);
  if (normal === null) return false;
  return endpoints.some((text) => {
    const endpoint = parseEndpoint(text);
    if (endpoint === null) return false;
    if (endpoint.method !== '*' && endpoint.method !== method.toUpperCase()) return false;
    return literalsMatch(endpoint.literals, normal);
  });
}

/**
 * The path of a request target, as every server reads it; null where servers differ. They differ on dot
 * segments, repeated slashes, backslashes, `;` parameters, encoded dots and slashes, raw `#`, double
 * encoding, control characters, and text that is not ASCII or not UTF-8. Sources: nginx's merge_slashes and
 * $uri, Caddy's path matcher, WHATWG's URL, RFC 3986 3.3.
 */
export function normalPath(target: string): string | null {
  const raw = target.split('?', 1)[0] ?? target;
  if (!/^\/[\x21-\x7e]*$/.test(raw) || raw.includes('#')) return null;
  if (/%(?:2e|2f|5c|3b)/i.test(raw)) return null;
  let path: string;
  try {
    path = decodeURIComponent(raw);
  } catch {
    return null;
  }
  return isPlainPath(path) && !/%[0-9a-f]{2}/i.test(path) ? path : null;
}

function isPlainPath(path: string): boolean {
  return !/\/\/|[\\;]|\p{Cc}/u.test(path) && !path.split('/').some((part) => part === '.' || part === '..');
}
