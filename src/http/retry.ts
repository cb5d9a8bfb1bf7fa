import type { Clock } from '../domain/clock.js';
import { compact } from '../domain/compact.js';
import { KeysError } from '../domain/errors.js';
import { IDEMPOTENCY_HEADER } from '../domain/idempotency.js';
import type { Transport, TransportRequest, TransportResponse } from './transport.js';

export interface RetryOptions {
  readonly clock: Clock;
  /** Waits; milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Tries after the first; default 3. */
  readonly retries?: number;
  /** First backoff, doubled each time and jittered; default 500. */
  readonly backoffMs?: number;
  /** The longest `Retry-After` that is obeyed; a longer one ends the call at once. Default 60,000. */
  readonly longestWaitMs?: number;
  /** Called before each wait. */
  readonly onWait?: (waitMs: number, reason: string) => void;
}

/** Statuses after which the same request may succeed a moment later. */
const TRANSIENT = new Set([429, 502, 503, 504]);

/** Whether sending it twice does no more than sending it once. */
function isSafeToRepeat(request: TransportRequest): boolean {
  return (
    request.method === 'GET' ||
    request.method === 'DELETE' ||
    request.readOnly === true ||
    request.headers[IDEMPOTENCY_HEADER] !== undefined
  );
}

/**
 * A transport that tries again where that is safe: after a reset, a time-out, 429 and 502 to 504. What else
 * is sent is sent once; soon after a 429 it waits first, so that it is not refused too. A wait that the
 * service asks for is obeyed up to `longestWaitMs`; the last response is returned as it is.
 */
export function withRetry(transport: Transport, options: RetryOptions): Transport {
  const { retries = 3, backoffMs = 500, longestWaitMs = 60_000 } = options;
  const limited = new Map<string, Limited>();
  return async (request) => {
    if (!isSafeToRepeat(request)) {
      const limit = limited.size === 0 ? undefined : limited.get(new URL(request.url).origin);
      if (limit !== undefined && options.clock.now() < limit.until) await options.sleep(limit.pauseMs);
      return await transport(request);
    }
    // If any attempt may have reached the server, the outcome is unknown, whatever later attempts say.
    let maybeSent = false;
    for (let attempt = 0; ; attempt++) {
      const repeated = maybeSent;
      const result = await transport(request).catch(keysError);
      const failed = result instanceof KeysError;
      if (!failed || result.details?.['sent'] !== false) maybeSent = true;
      const asked = failed ? undefined : retryAfterMs(result, options.clock);
      if (attempt === retries || !isTransient(result) || (asked ?? 0) > longestWaitMs) {
        if (!failed) return repeated ? { ...result, repeated } : result;
        // Without its details: they may say that this attempt was not sent, and an earlier one may have been.
        throw maybeSent ? new KeysError(result.code, result.message, compact({ hint: result.hint })) : result;
      }
      // Half of the backoff is fixed and half is random, so that callers that failed together do not retry
      // together.
      const waitMs = asked ?? backoffMs * 2 ** attempt * (0.5 + Math.random() / 2);
      if (!failed && result.status === 429) {
        // Until then, a request that follows at once would find the limit used up again.
        limited.set(new URL(request.url).origin, {
          until: options.clock.now() + 2 * waitMs,
          pauseMs: waitMs,
        });
      }
      options.onWait?.(waitMs, failed ? result.message : `status ${result.status}`);
      await options.sleep(waitMs);
    }
  };
}

/** A service that has refused a request for its rate. */
interface Limited {
  /** Epoch milliseconds until which a request that cannot be repeated waits. */
  readonly until: number;
  readonly pauseMs: number;
}

function keysError(error: unknown): KeysError {
  if (error instanceof KeysError) return error;
  throw error;
}

/** Whether the next attempt may succeed: no connection, a time-out, 429 and 502 to 504. */
function isTransient(result: TransportResponse | KeysError): boolean {
  if (!(result instanceof KeysError)) return TRANSIENT.has(result.status);
  if (result.details?.['retry'] === false) return false;
  return result.code === 'timeout' || result.code === 'unreachable';
}

/**
 * Headers that say when a limit begins anew, where `Retry-After` is missing: seconds from now, or epoch
 * seconds or milliseconds.
 */
const RESETS = ['ratelimit-reset', 'x-ratelimit-reset', 'x-rate-limit-reset'];

/**
 * `Retry-After` (RFC 9110): seconds, or a date; of a 429 also the reset of its limit. Undefined where there
 * is none that can be read.
 */
function retryAfterMs(
  response: Pick<TransportResponse, 'headers' | 'status'>,
  clock: Clock,
): number | undefined {
  const text = response.headers['retry-after']?.trim();
  if (text === undefined && response.status === 429) return resetMs(response.headers, clock);
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - clock.now());
}

function resetMs(headers: TransportResponse['headers'], clock: Clock): number | undefined {
  const text = RESETS.map((name) => headers[name]?.trim()).find((value) => value !== undefined);
  if (text === undefined || !/^\d{1,13}$/.test(text)) return undefined;
  const figure = Number(text);
  // Small figures are seconds from now; large ones a time, in seconds or, larger still, in milliseconds.
  if (figure < 1e8) return figure * 1000;
  return Math.max(0, (figure < 1e11 ? figure * 1000 : figure) - clock.now());
}
