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
 * is sent is sent once, and after a 429 at the pace that the service takes. A wait that the service asks for
 * is obeyed up to `longestWaitMs`; the last response is returned as it is.
 */
export function withRetry(unpaced: Transport, options: RetryOptions): Transport {
  const { retries = 3, backoffMs = 500, longestWaitMs = 60_000 } = options;
  const transport = withPace(unpaced, options);
  return async (request) => {
    if (!isSafeToRepeat(request)) return await transport(request);
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
        throw maybeSent ? withoutDetails(result) : result;
      }
      // Half of the backoff is fixed and half is random, so that callers that failed together do not retry
      // together.
      const waitMs = asked ?? backoffMs * 2 ** attempt * (0.5 + Math.random() / 2);
      options.onWait?.(waitMs, failed ? result.message : `status ${result.status}`);
      await options.sleep(waitMs);
    }
  };
}

function withoutDetails({ code, wording: { message, hint } }: KeysError): KeysError {
  return new KeysError(code, message, compact({ hint }));
}

/** How fast a service takes requests, as far as it has said so by 429. Times are epoch milliseconds. */
interface Pace {
  /** Since when requests are counted: the first one, or the last 429. */
  since: number;
  /** Requests since then that were not refused. */
  taken: number;
  /** Between two requests; 0: none was refused lately. */
  pauseMs: number;
  /** When the service takes the next request. */
  next: number;
  /** No wait is longer. */
  longestMs: number;
}

/** A service that takes one request a second refuses the next one that is a millisecond early. */
const MARGIN = 1.1;

/** A pace is forgotten if no request was refused for so long, in milliseconds. */
const PACE_HOLDS_MS = 10 * 60_000;

/**
 * After a 429, requests that cannot be repeated follow the others somewhat slower than the service took them
 * since the 429 before.
 */
function withPace(
  transport: Transport,
  { clock, sleep, backoffMs = 500, longestWaitMs = 60_000 }: RetryOptions,
): Transport {
  const paces = new Map<string, Pace>();
  return async (request) => {
    const { origin } = new URL(request.url);
    const now = clock.now();
    const pace = paces.get(origin) ?? { since: now, taken: 0, pauseMs: 0, next: now, longestMs: 0 };
    paces.set(origin, pace);
    if (now - pace.since > PACE_HOLDS_MS) pace.pauseMs = 0;
    // A clock that was set back must not become a long wait.
    const waitMs = Math.min(pace.next - now, pace.longestMs);
    pace.next = now + Math.max(waitMs, 0) + pace.pauseMs;
    if (waitMs > 0 && !isSafeToRepeat(request)) await sleep(waitMs);
    const response = await transport(request);
    if (response.status !== 429) pace.taken++;
    else {
      const askedMs = retryAfterMs(response, clock) ?? backoffMs;
      // A longer wait ends the call.
      if (askedMs <= longestWaitMs) slowDown(pace, askedMs, clock.now());
    }
    return response;
  };
}

function slowDown(pace: Pace, askedMs: number, now: number): void {
  const measured = Math.max(now - pace.since, 0) / Math.max(pace.taken, 1);
  const pauseMs = MARGIN * Math.min(measured, askedMs);
  const longestMs = Math.max(askedMs, pauseMs);
  Object.assign(pace, { since: now, taken: 0, next: now + askedMs, pauseMs, longestMs });
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
