import { KeysError } from '../domain/errors.js';
import type { Transport } from './transport.js';

const MOST_REDIRECTS = 3;

/**
 * Follows a GET's redirects within its origin. To another origin the credential is not carried:
 * `origin_mismatch`. What changes something is never sent a second time for a redirect's sake:
 * `bad_response`.
 */
export function withRedirects(transport: Transport): Transport {
  return async (request) => {
    let url = request.url;
    for (let followed = 0; ; followed++) {
      const response = await transport({ ...request, url });
      const location = response.headers['location'];
      if (response.status < 300 || response.status > 399 || response.status === 304 || location === undefined)
        return response;
      const target = URL.canParse(location, url) ? new URL(location, url) : null;
      if (target === null || target.origin !== new URL(url).origin) {
        throw new KeysError('origin_mismatch', `the service redirects to ${target?.origin ?? 'no address'}`, {
          hint: 'the credential was not sent there; if that is where the service is now, log in to that address',
        });
      }
      if (request.method !== 'GET' || followed === MOST_REDIRECTS) {
        throw new KeysError(
          'bad_response',
          `the service redirects ${request.method} ${new URL(url).pathname}`,
          {
            hint: `it points to ${target.origin}${target.pathname}: set the base URL to where the service is`,
          },
        );
      }
      url = target.href;
    }
  };
}
