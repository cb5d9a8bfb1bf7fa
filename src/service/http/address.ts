import { KeysError } from '../../domain/errors.js';
import { holdsOwnKey, holdsSecret } from '../../domain/holds-secret.js';
import { MOST_ADDRESS_LENGTH } from './limits.js';

/** Query parameters in which people put keys; an address ends up in logs, so it is refused. */
const CREDENTIAL_PARAMETERS: ReadonlySet<string> = new Set([
  'key',
  'api_key',
  'api-key',
  'apikey',
  'access_token',
  'token',
  'secret',
  'authorization',
  'x-api-key',
]);

/**
 * Whether a path or query holds a whole key of ours: of any type, since it can be used by whoever reads the
 * log.
 */
export function holdsKey(address: string): boolean {
  return holdsOwnKey(unescaped(address));
}

/** The same, or a secret of another service. */
export function holdsAnySecret(address: string): boolean {
  return holdsKey(address) || holdsSecret(unescaped(address));
}

/** Throws `invalid_request` for an address (path and query) that is too long, or that a key was put into. */
export function refuseAddress(address: string): void {
  if (address.length > MOST_ADDRESS_LENGTH) {
    throw new KeysError('invalid_request', `the address is longer than ${MOST_ADDRESS_LENGTH} characters`);
  }
  const wrong = credentialParameter(address);
  if (wrong === undefined && !holdsKey(address)) return;
  throw new KeysError(
    'invalid_request',
    `a key does not belong in the address${wrong === undefined ? '' : `: ${wrong}`}`,
    { hint: 'addresses end up in logs; send it as Authorization: Bearer <key>, and roll it' },
  );
}

/** The first parameter of an address in which people put keys. */
export function credentialParameter(address: string): string | undefined {
  const query = address.indexOf('?');
  const names = query < 0 ? [] : [...new URLSearchParams(address.slice(query)).keys()];
  return names.find((name) => CREDENTIAL_PARAMETERS.has(name.toLowerCase()));
}

/** As far as it can be unescaped: a broken escape hides nothing, for no one can read it. */
function unescaped(address: string): string {
  if (!address.includes('%')) return address;
  return address.replace(/%([2-7][0-9a-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
