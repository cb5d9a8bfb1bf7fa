/**
 * What every response says to browsers and caches, which have no business with it: nothing is kept, framed,
 * sniffed, run or read from another origin. There is no CORS header anywhere. Source: OWASP's REST security
 * cheat sheet.
 */
export const RESPONSE_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=15552000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};
