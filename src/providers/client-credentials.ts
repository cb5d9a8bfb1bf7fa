import { compact } from '../domain/compact.js';
import { credentialParts } from '../domain/key.js';
import type { LoginStep } from './define-provider.js';

/** A token is not used in its last minute: a request takes time. */
const MARGIN_MS = 60_000;

interface ClientCredentialsOptions {
  /** The address of the login, where that is not the service's own. */
  readonly baseUrl?: string;
  /** Such as `/oauth/token`. */
  readonly path: string;
  /** Members of the request beside client id and secret, such as an audience. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly encoding?: 'json' | 'form';
  /** Keep the token in the keychain between calls. */
  readonly keep?: boolean;
}

/** The OAuth client credentials grant: a pair of client id and secret gives a bearer token. */
export function clientCredentials({
  path,
  parameters,
  headers,
  encoding = 'form',
  ...rest
}: ClientCredentialsOptions): LoginStep {
  return {
    ...rest,
    call(credential) {
      const [client_id, client_secret] = credentialParts(credential);
      const body = { grant_type: 'client_credentials', client_id, client_secret, ...parameters };
      return {
        method: 'POST',
        path,
        body,
        encoding,
        readOnly: true,
        ...compact({ headers }),
      };
    },
    read({ body }, { clock }) {
      const { access_token, expires_in } = readToken(body);
      return {
        headers: { authorization: `Bearer ${access_token}` },
        ...(expires_in === undefined ? {} : { expiresAt: clock.now() + expires_in * 1000 - MARGIN_MS }),
      };
    },
  };
}

/**
 * The members of RFC 6749, section 5.1, that are used here. No schema of zod's: every vendor's file is loaded
 * more often than it is used.
 */
function readToken(body: unknown): { readonly access_token: string; readonly expires_in?: number } {
  const { access_token, expires_in } = Object(body) as Record<string, unknown>;
  if (typeof access_token !== 'string' || access_token === '') throw new TypeError('no access_token');
  if (expires_in === undefined) return { access_token };
  if (typeof expires_in !== 'number' || !(expires_in > 0))
    throw new TypeError('expires_in is no number of seconds');
  return { access_token, expires_in };
}
