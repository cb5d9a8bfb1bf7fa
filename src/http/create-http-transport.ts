import { createRedactor, type Redactor } from '../domain/redactor.js';
import { withClockCheck } from './clock-check.js';
import { createDirectTransport } from './direct-transport.js';
import type { TransportLimits } from './limits.js';
import { type Proxies, proxiesOf } from './proxies.js';
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
  /** Is told of every request's secrets; default: one of its own. */
  readonly redactor?: Redactor;
  /** Told once when the service's clock and this machine's are far apart. */
  readonly onFarOff?: (minutesAhead: number) => void;
}

/** The transport as the program uses it: every single request traced, repeated where that is safe, redirects within the origin. */
export function createHttpTransport(options: HttpTransportOptions): Transport & { close(): Promise<void> } {
  const { redactor = createRedactor() } = options;
  const proxies = proxiesOf(options.env ?? {});
  const base = proxies === null ? createDirectTransport(options) : throughProxies(proxies, options);
  const traced = options.trace ? withTrace(base, options.clock, options.trace, redactor) : base;
  const checked = options.onFarOff ? withClockCheck(traced, options.clock, options.onFarOff) : traced;
  return Object.assign(withRedaction(withRedirects(withRetry(checked, options)), redactor), {
    close: base.close,
  });
}

/** What speaks to proxies is loaded with the first request. */
function throughProxies(proxies: Proxies, options: TransportLimits): Transport & { close(): Promise<void> } {
  let opened: Promise<Transport & { close(): Promise<void> }> | undefined;
  const open = async () => (await import('./proxy-transport.js')).createProxyTransport(proxies, options);
  const transport: Transport = async (request) => {
    opened ??= open();
    return await (await opened)(request);
  };
  return Object.assign(transport, { close: async () => await (await opened)?.close() });
}
