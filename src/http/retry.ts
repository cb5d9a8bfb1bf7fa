import pRetry from 'p-retry';
import type { Clock } from '../domain/clock.js';
import { KeysError } from '../domain/errors.js';
import { IDEMPOTENCY_HEADER } from '../domain/idempotency.js';
import type { Transport, TransportAnswer, TransportRequest } from './transport.js';

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
  /** Told before each wait. */
  readonly onWait?: (waitMs: number, reason: string) => void;
}

const PASSING = new Set([429, 502, 503, 504]);

/** An answer that says to come back later. */
class Passing extends Error {
  readonly answer: TransportAnswer;
  constructor(answer: TransportAnswer) {
    super(`status ${answer.status}`);
    this.answer = answer;
  }
}

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
 * A transport that tries again where that is safe: after a reset, a time-out, 429 and 502 to 504. What else is sent is
 * sent once. A wait that the service asks for is obeyed up to `longestWaitMs`; the last answer is handed on as it is.
 */
export function withRetry(transport: Transport, options: RetryOptions): Transport {
  const { retries = 3, backoffMs = 500, longestWaitMs = 60_000 } = options;
  return async (request) => {
    if (!isSafeToRepeat(request)) return await transport(request);
    // One that got further decides: a refused connection after a cut one says nothing of what the first has done.
    let maybeSent = false;
    const attempt = async () => {
      const answer = await transport(request).catch((error: unknown) => {
        if (!(error instanceof KeysError) || error.details?.['sent'] !== false) maybeSent = true;
        throw error;
      });
      maybeSent = true;
      if (PASSING.has(answer.status)) throw new Passing(answer);
      return answer;
    };
    try {
      return await pRetry(attempt, {
        retries,
        minTimeout: 0,
        maxTimeout: 0,
        shouldRetry: ({ error }) => worthAnother(error, options.clock, longestWaitMs),
        onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
          if (retriesLeft === 0 || !worthAnother(error, options.clock, longestWaitMs)) return;
          const asked = error instanceof Passing ? retryAfterMs(error.answer, options.clock) : undefined;
          // Half of the backoff is fixed, half is chance: callers that failed together do not come back together.
          const waitMs = asked ?? backoffMs * 2 ** (attemptNumber - 1) * (0.5 + Math.random() / 2);
          options.onWait?.(waitMs, error.message);
          await options.sleep(waitMs);
        },
      });
    } catch (error) {
      if (error instanceof Passing) return error.answer;
      if (!maybeSent || !(error instanceof KeysError)) throw error;
      throw new KeysError(error.code, error.message, error.hint === undefined ? {} : { hint: error.hint });
    }
  };
}

function worthAnother(error: unknown, clock: Clock, longestWaitMs: number): boolean {
  if (error instanceof Passing) return (retryAfterMs(error.answer, clock) ?? 0) <= longestWaitMs;
  if (!(error instanceof KeysError) || error.details?.['retry'] === false) return false;
  return error.code === 'timeout' || error.code === 'unreachable';
}

/** Headers that say when a limit begins anew, where `Retry-After` is missing: seconds from now, or epoch seconds or milliseconds. */
const RESETS = ['ratelimit-reset', 'x-ratelimit-reset', 'x-rate-limit-reset'];

/** `Retry-After` (RFC 9110): seconds, or a date; of a 429 also the reset of its limit. Undefined where there is none that can be read. */
function retryAfterMs(answer: Pick<TransportAnswer, 'headers' | 'status'>, clock: Clock): number | undefined {
  const text = answer.headers['retry-after']?.trim();
  if (text === undefined && answer.status === 429) return resetMs(answer.headers, clock);
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - clock.now());
}

function resetMs(headers: TransportAnswer['headers'], clock: Clock): number | undefined {
  const text = RESETS.map((name) => headers[name]?.trim()).find((value) => value !== undefined);
  if (text === undefined || !/^\d{1,13}$/.test(text)) return undefined;
  const figure = Number(text);
  // Small figures are seconds from now; large ones a time, in seconds or, larger still, in milliseconds.
  if (figure < 1e8) return figure * 1000;
  return Math.max(0, (figure < 1e11 ? figure * 1000 : figure) - clock.now());
}
