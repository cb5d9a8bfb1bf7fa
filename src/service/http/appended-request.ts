import type { IncomingMessage } from 'node:http';
import { KeysError } from '../../domain/errors.js';
import type { Origin } from './origin.js';

/** What a proxy asks of a key. */
export interface Requirements {
  readonly scope?: string | undefined;
  readonly environment?: string | undefined;
}

/**
 * The request of a proxy's caller, where the proxy appends its path to that of the gateway check and keeps
 * its method, as Envoy's ext_authz filter does. Null: the path is the check's own.
 */
export function appendedRequest(
  { method = 'GET', url = '' }: IncomingMessage,
  prefix: string,
): { readonly method: string; readonly uri: string } | null {
  return url[prefix.length] === '/' ? { method, uri: url.slice(prefix.length) } : null;
}

/** Throws `forbidden` for anyone but a trusted proxy: a caller could name another request than it sends. */
export function requireTrusted({ trusted }: Pick<Origin, 'trusted'>): void {
  if (trusted) return;
  throw new KeysError('forbidden', 'only a trusted proxy can ask about a path below /v1/authorize', {
    hint: 'let the service trust the address of the proxy, or use /v1/authorize alone',
  });
}

/**
 * What the proxy adds to each check, because the query is its caller's. Throws `invalid_request` for an empty
 * header.
 */
export function requirementHeaders({ headers }: IncomingMessage): Requirements {
  const read = (name: string): string | undefined => {
    const value = headers[name];
    if (value === undefined) return undefined;
    if (typeof value === 'string' && value.trim() !== '') return value;
    throw new KeysError('invalid_request', `${name}: has no value`, { details: { member: name } });
  };
  return { scope: read('x-require-scope'), environment: read('x-require-environment') };
}
