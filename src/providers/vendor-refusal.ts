import { compact } from '../domain/compact.js';
import { KeysError } from '../domain/errors.js';
import type { Call, ProviderDefinition } from './define-provider.js';
import { named } from './mistakes.js';

/** Failures of a vendor that no file is to blame for: it is busy, or down. */
const OF_THE_VENDOR = new Set([429, 502, 503, 504]);

/**
 * A vendor's refusal of a request that a file of the user's own made: with the file, the operation and the
 * member that said the address or the body, for the file may be wrong. Of a provider that comes with the
 * program, the refusal as it is.
 */
export function refusalAtFile(
  error: unknown,
  { from, body }: Pick<Call, 'from' | 'body'>,
  status: number,
  { definition, operation }: { readonly definition: ProviderDefinition; readonly operation: string },
): unknown {
  if (definition.source === null || !(error instanceof KeysError) || OF_THE_VENDOR.has(status)) return error;
  const { code, message, hint, next, details, retryAfterSeconds, outcome, cause } = error;
  const member = status === 401 ? authOf(definition) : placesOf(from, status, body !== undefined);
  const where = `${named(definition)}: ${operation}${member === '' ? '' : ` (${member})`}`;
  return new KeysError(code, `${where}: ${message}`, {
    ...compact({ hint, next, details, retryAfterSeconds, outcome, cause }),
  });
}

/** Statuses that speak of the address alone. */
const OF_THE_ADDRESS = new Set([404, 405, 410, 501]);

function placesOf(from: Call['from'], status: number, hasBody: boolean): string {
  const said = hasBody && !OF_THE_ADDRESS.has(status) ? from?.body : undefined;
  return [from?.at, said].filter(Boolean).join(', ');
}

function authOf({ login, managementAuth, auth }: ProviderDefinition): string {
  if (login !== null) return 'login';
  return managementAuth === auth ? 'auth' : 'managementAuth';
}
