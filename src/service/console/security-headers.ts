import { createHash } from 'node:crypto';
import { SCRIPT } from './script.js';
import { CONSOLE_STYLE } from './style.js';

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/**
 * The headers of each page. The style and the script are part of the page and allowed by their hashes:
 * nothing else runs, and a page is one round trip. `no-referrer` keeps key ids out of the logs of linked
 * sites. Source: OWASP's secure headers project.
 */
export const CONSOLE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': [
    "default-src 'none'",
    `style-src ${hashOf(CONSOLE_STYLE)}`,
    `script-src ${hashOf(SCRIPT)}`,
    'img-src data:',
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'clipboard-write=(self)',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};
