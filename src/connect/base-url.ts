import { KeysError } from '../domain/errors.js';

/**
 * A service's address without a slash at its end, and without the dot that may stand behind a host. Throws
 * `usage` for a text that is no address, and for one with a credential, query or fragment.
 */
export function normalizeBaseUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new KeysError('usage', `not an address: ${JSON.stringify(text)}`, {
      hint: 'such as https://api.example.com',
    });
  }
  if (url.username || url.password) {
    throw new KeysError('usage', 'a credential does not belong in the address', {
      hint: 'leave it out',
      next: 'log_in',
    });
  }
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || url.search || url.hash) {
    throw new KeysError('usage', `not the address of a service: ${JSON.stringify(text)}`, {
      hint: 'https://host, with a path at most',
    });
  }
  url.hostname = url.hostname.replace(/\.$/, '');
  return url.href.replace(/\/+$/, '');
}
