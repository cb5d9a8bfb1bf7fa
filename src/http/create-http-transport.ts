import { createRedactor, type Redactor } from '../domain/redactor.js';
import { withClockCheck } from './clock-check.js';
import { createDirectTransport } from './direct-transport.js';
import type { TransportLimits } from './limits.js';
import { type HttpProxy, namesProxy, proxyFor } from './proxies.js';
import { withRedaction } from './redact.js';
import { withRedirects } from './redirect.js';
import { type RetryOptions, withRetry } from './retry.js';
import { withTrace } from './trace.js';
import type { Transport } from './transport.js';

export interface HttpTransportOptions extends TransportLimits, RetryOptions {
  /** Where proxies are named. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Takes the lines of `--debug`. */
  readonly trace?: (line: string) => void;
  /** Gets the secrets of every request. Default: a new redactor. */
  readonly redactor?: Redactor;
  /** Called once if the service's clock and this machine's are far apart. */
  readonly onFarOff?: (minutesAhead: number) => void;
}

/**
 * The transport as the program uses it: every single request traced, repeated where that is safe, redirects
 * within the origin.
 */
export function createHttpTransport(options: HttpTransportOptions): Transport & { close(): Promise<void> } {
  const { redactor = createRedactor() } = options;
  const { env = {} } = options;
  const direct = createDirectTransport(options);
  const base = namesProxy(env) ? throughProxies(direct, env, options) : direct;
  const traced = options.trace ? withTrace(base, options.clock, options.trace, redactor) : base;
  const checked = options.onFarOff ? withClockCheck(traced, options.clock, options.onFarOff) : traced;
  return Object.assign(withRedaction(withRedirects(withRetry(checked, options)), redactor), {
    close: base.close,
  });
}

type Closable = Transport & { close(): Promise<void> };

/**
 * Sends each request through the proxy that the environment names for its address, or directly where it names
 * none.
 */
function throughProxies(
  direct: Closable,
  env: NonNullable<HttpTransportOptions['env']>,
  options: TransportLimits,
): Closable {
  const opened = new Map<string, Promise<Closable>>();
  // What speaks to proxies is loaded with the first request through one.
  const open = async (proxy: HttpProxy) =>
    (await import('./proxy-transport.js')).createProxyTransport(proxy, options);
  const transport: Transport = async (request) => {
    const proxy = proxyFor(request.url, env);
    if (proxy === null) return await direct(request);
    // With its password: HTTP_PROXY and HTTPS_PROXY may name one proxy as two users.
    const name = JSON.stringify(proxy);
    const through = opened.get(name) ?? open(proxy);
    opened.set(name, through);
    return await (await through)(request);
  };
  const close = async () => {
    await Promise.all([direct.close(), ...[...opened.values()].map(async (one) => (await one).close())]);
  };
  return Object.assign(transport, { close });
}
