import { type Dispatcher, ProxyAgent, Socks5ProxyAgent, request as send } from 'undici';
import { compact } from '../domain/compact.js';
import { KeysError } from '../domain/errors.js';
import {
  ACCEPT_ENCODING,
  plainHeaders,
  refusePlainHttp,
  type TransportLimits,
  withDefaults,
} from './limits.js';
import { networkFailure } from './network-failure.js';
import type { HttpProxy } from './proxies.js';
import { proxyFailure, refusalOf } from './proxy-failure.js';
import { receiveBody } from './receive-body.js';
import type { Transport } from './transport.js';

/**
 * Returns a transport through one proxy, by undici, which is loaded only where the environment names a proxy.
 */
export function createProxyTransport(
  proxy: HttpProxy,
  options: TransportLimits = {},
): Transport & { close(): Promise<void> } {
  const limits = withDefaults(options);
  const { wholeTimeoutMs, maxResponseBytes } = limits;
  const dispatcher = dispatcherOf(proxy, limits);

  const transport: Transport = async (request) => {
    refusePlainHttp(request.url, limits.insecure);
    const signal = AbortSignal.timeout(wholeTimeoutMs);
    try {
      const response = await send(request.url, {
        method: request.method,
        headers: { ...ACCEPT_ENCODING, ...request.headers },
        ...compact({ body: request.body }),
        dispatcher,
        signal,
      });
      const headers = plainHeaders(response.headers);
      const body = await receiveBody(response.body, headers, {
        maxBytes: maxResponseBytes,
        url: request.url,
      });
      if (response.statusCode === 407) throw refusalOf(407, proxy, request.url);
      return { status: response.statusCode, headers, body };
    } catch (error) {
      throw proxyFailure(error, proxy, request.url) ?? failureBehind(proxy, error, request.url, limits);
    }
  };
  return Object.assign(transport, { close: () => dispatcher.destroy() });
}

/** What failed may be the proxy or what is behind it: both are named. */
function failureBehind(
  { address }: HttpProxy,
  error: unknown,
  url: string,
  { wholeTimeoutMs }: Required<TransportLimits>,
): KeysError {
  if (error instanceof KeysError) return error;
  const { code, message, hint, details } = networkFailure(error, url, wholeTimeoutMs);
  return new KeysError(code, `${message}, through the proxy ${address}`, compact({ hint, details }));
}

function dispatcherOf(
  { address, protocol, user, password }: HttpProxy,
  { connectTimeoutMs, headersTimeoutMs, bodyTimeoutMs }: Required<TransportLimits>,
): Dispatcher {
  const times = { headersTimeout: headersTimeoutMs, bodyTimeout: bodyTimeoutMs };
  const tls = { timeout: connectTimeoutMs };
  if (protocol === 'socks5:') {
    const login = user === '' ? {} : { username: user, password };
    return new Socks5ProxyAgent(address, { ...times, ...login });
  }
  const token = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  return new ProxyAgent({
    ...times,
    uri: address,
    ...(user === '' && password === '' ? {} : { token }),
    // Plain HTTP is forwarded, as curl does: most proxies open a tunnel to port 443 only.
    proxyTunnel: false,
    proxyTls: tls,
    requestTls: tls,
  });
}
