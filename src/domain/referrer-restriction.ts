import { KeysError } from './errors.js';
import { wildcardMatches } from './restrictions.js';

/** A referrer pattern in parts, in each of which `*` stands for any run of characters. */
export interface ReferrerPattern {
  /** Without `://`; `*`: any. */
  readonly scheme: string;
  /** With its port, if it is not the scheme's own. */
  readonly host: string;
  /** Null: every page of the origin. */
  readonly path: string | null;
}

const PATTERN =
  /^(?:([a-z*][a-z0-9+.*-]*):\/\/)?((?:\[[0-9a-f:]+\]|[\w*][\w.*-]*)(?::(?:\d{1,5}|\*))?)(\/[^\s?#\\"<>`{}]*)?$/i;

/** Throws `invalid_request` for what no page can match. */
export function checkReferrer(text: string): void {
  if (parseReferrer(text) !== null) return;
  throw new KeysError('invalid_request', `not a page or origin: ${JSON.stringify(text)}`, {
    hint: "such as https://app.example.com, '*.example.com' or 'https://example.com/shop/*'",
  });
}

/** Null for what is no pattern. Host names are compared in lower case and as ASCII (`xn--…`). */
export function parseReferrer(text: string): ReferrerPattern | null {
  const [, scheme = '*', host, path = null] = PATTERN.exec(text) ?? [];
  if (host === undefined || !/^[\x21-\x7e]+$/.test(host)) return null;
  return { scheme: scheme.toLowerCase(), host: host.toLowerCase(), path };
}

/**
 * Whether a page matches one of the patterns. The scheme, the host and the path match apart: no `*` reaches
 * beyond its part.
 */
export function referrerAllowed(patterns: readonly string[], referrer: string): boolean {
  let page: URL;
  try {
    page = new URL(referrer);
  } catch {
    return false;
  }
  return patterns.some((text) => {
    const pattern = parseReferrer(text);
    return (
      pattern !== null &&
      wildcardMatches(pattern.scheme, page.protocol.slice(0, -1)) &&
      wildcardMatches(pattern.host, page.host) &&
      (pattern.path === null || wildcardMatches(pattern.path, page.pathname))
    );
  });
}
