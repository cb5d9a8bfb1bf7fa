import { join } from 'node:path';
import { compact } from '../domain/compact.js';
import { codeForStatus, KeysError } from '../domain/errors.js';
import { isPlainWord } from '../domain/plain-word.js';
import { command, words } from '../domain/words.js';
import type { TransportRequest } from '../http/transport.js';
import { readWhole } from '../storage/files/read-file.js';
import type { Place, PlaceContext } from './place.js';

/** The result of a request that the server or the policy does not allow. */
export const UNABLE = Symbol('not possible here');

interface SendOptions {
  readonly body?: object;
  readonly secrets?: readonly string[];
  readonly readOnly?: boolean;
  /** 404 is null. */
  readonly absent?: boolean;
  /** 403 and 405 are `UNABLE`. */
  readonly unable?: boolean;
}
export type SendToVault = (
  method: TransportRequest['method'],
  path: string,
  options: SendOptions,
) => Promise<unknown>;

/**
 * Returns what sends requests to Vault, under `/v1/`, with the token of the environment, or the one that
 * `vault login` keeps.
 */
export function vaultClient(
  { address = '', namespace }: Place['target'],
  context: PlaceContext,
): SendToVault {
  const login = command(`vault login -address=${address}`);
  return async (method, path, { body, secrets = [], readOnly = false, absent = false, unable = false }) => {
    const token = tokenOf(context.env);
    if (token === null)
      throw new KeysError('not_logged_in', `no token for ${address}`, {
        hint: words`set VAULT_TOKEN, or: ${login}`,
      });
    const transport = await context.transport();
    const { status, body: bytes } = await transport({
      method,
      url: `${address}/v1/${path}`,
      headers: {
        'x-vault-token': token,
        'x-vault-request': 'true',
        ...compact({ 'x-vault-namespace': namespace }),
        ...(body === undefined
          ? {}
          : { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      readOnly,
      secretInResponse: true,
      credentialHeaders: ['x-vault-token'],
      secrets: isPlainWord(token) ? secrets : [token, ...secrets],
    });
    const response = parsed(bytes);
    if (status < 300) return response;
    if (status === 404 && absent) return response;
    if ((status === 403 || status === 405) && unable) return UNABLE;
    const errors = record(response)['errors'];
    const said = Array.isArray(errors) && errors.length > 0 ? errors.join('; ') : `status ${status}`;
    if (/check-and-set/.test(said)) throw new KeysError('conflict', said);
    throw new KeysError(
      codeForStatus(status),
      `${address}: ${said}`,
      status === 403 ? { hint: words`if the token has expired: ${login}` } : {},
    );
  };
}

function tokenOf(env: PlaceContext['env']): string | null {
  const given = env['VAULT_TOKEN'] || env['BAO_TOKEN'];
  if (given) return given;
  const home = env['HOME'] ?? env['USERPROFILE'];
  if (!home) return null;
  const kept = readWhole(join(home, '.vault-token'), 10_000) ?? readWhole(join(home, '.bao-token'), 10_000);
  return kept === null ? null : kept.toString('utf8').trim() || null;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return bytes.length === 0 ? {} : JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return {};
  }
}

export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

export function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
