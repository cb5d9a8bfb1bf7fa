import { STATUS_CODES } from 'node:http';
import { KeysError } from '../domain/errors.js';
import { codeOf } from './network-failure.js';
import type { HttpProxy } from './proxies.js';

const HINTS: Readonly<Record<number, string>> = {
  403: 'the proxy does not allow this host; NO_PROXY names hosts that need no proxy',
  407: 'put user and password into the address of the proxy, such as http://user:password@host:port',
};

/** Failures of the connection to the proxy, by code: no other host is connected to. */
const DEAD: Readonly<Record<string, string>> = {
  ENOTFOUND: 'has a name that does not exist',
  EAI_AGAIN: 'has a name that could not be looked up',
  ECONNREFUSED: 'does not listen',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  UND_ERR_CONNECT_TIMEOUT: 'does not respond',
  ETIMEDOUT: 'does not respond',
};

/** The proxy's refusal to pass a request on. Nothing was sent to the service. */
export function refusalOf(status: number, { address }: HttpProxy, url: string): KeysError {
  const reason = STATUS_CODES[status] === undefined ? '' : ` ${STATUS_CODES[status]}`;
  return new KeysError(
    'unreachable',
    `the proxy ${address} refuses to connect to ${new URL(url).origin}: ${status}${reason}`,
    {
      hint: HINTS[status] ?? 'does the proxy reach the service?',
      // What a person must change first is not tried again.
      details: { sent: false, ...(status in HINTS ? { retry: false } : {}) },
    },
  );
}

/** A failure of the proxy itself, as one that names it; null for one of the service behind it. */
export function proxyFailure(error: unknown, proxy: HttpProxy, url: string): KeysError | null {
  if (error instanceof KeysError || !(error instanceof Error)) return null;
  const status = /^Proxy response \((\d{3})\)/.exec(error.message)?.[1];
  if (status !== undefined) return refusalOf(Number(status), proxy, url);
  if (/\b407\b/.test(error.message)) return refusalOf(407, proxy, url);
  const failed = (says: string, hint: string) =>
    new KeysError('unreachable', `the proxy ${proxy.address} ${says}`, { hint, details: { sent: false } });
  const dead = DEAD[codeOf(error) ?? ''];
  if (dead !== undefined) {
    return failed(dead, 'is its address right? HTTPS_PROXY, HTTP_PROXY or ALL_PROXY name it');
  }
  if (error.name === 'SecureProxyConnectionError') {
    return failed('has a certificate that is not trusted', 'name its authority in NODE_EXTRA_CA_CERTS');
  }
  if (/socks/i.test(`${error.name} ${error.message} ${codeOf(error)}`)) {
    return failed(`refuses to connect to ${new URL(url).origin}`, 'does the proxy allow this host, and you?');
  }
  return null;
}
