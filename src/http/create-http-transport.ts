import { withClockCheck } from './clock-check.js';
import { withRedirects } from './redirect.js';
import { type RetryOptions, withRetry } from './retry.js';
import { withTrace } from './trace.js';
import type { Transport } from './transport.js';
import { createUndiciTransport, type UndiciOptions } from './undici-transport.js';

export interface HttpTransportOptions extends UndiciOptions, RetryOptions {
  /** Takes the lines of `--debug`. */
  readonly trace?: (line: string) => void;
  /** Told once when the service's clock and this machine's are far apart. */
  readonly onFarOff?: (minutesAhead: number) => void;
}

/** The transport as the program uses it: every single request traced, repeated where that is safe, redirects within the origin. */
export function createHttpTransport(options: HttpTransportOptions): Transport & { close(): Promise<void> } {
  const base = createUndiciTransport(options);
  const traced = options.trace ? withTrace(base, options.clock, options.trace) : base;
  const checked = options.onFarOff ? withClockCheck(traced, options.clock, options.onFarOff) : traced;
  return Object.assign(withRedirects(withRetry(checked, options)), { close: base.close });
}
