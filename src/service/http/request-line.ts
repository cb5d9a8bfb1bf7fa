export interface HandledRequest {
  /** Epoch milliseconds. */
  readonly start: number;
  readonly requestId: string;
  readonly method: string;
  /** The pattern of the path: an address may hold what belongs in no log. */
  readonly route: string;
  readonly status: number;
  readonly ms: number;
  readonly keyId: string | undefined;
  /** Of a refusal: why, and the caller's address. */
  readonly reason?: string | undefined;
  readonly address?: string | undefined;
}

/** Which requests are logged. */
const LOG_LEVELS = ['off', 'errors', 'all'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Whether a response of this status has a line in the log. */
export function isLogged(level: LogLevel, status: number): boolean {
  return level === 'all' || (level === 'errors' && status >= 400);
}

/**
 * A request's line in the log, of JSON: without address parameters and without any secret. Put together by
 * hand, for it is written for every request; what stands in it has no character that JSON would escape, but
 * for the method.
 */
export function requestLine(request: HandledRequest): string {
  const { start, requestId, method, route, status, ms, keyId, reason, address } = request;
  const key = keyId === undefined ? '' : `,"key_id":"${keyId}"`;
  const what = `"method":${JSON.stringify(method)},"route":"${route}","status":${status},"duration_ms":${ms}`;
  const why =
    reason === undefined
      ? ''
      : `,"reason":${JSON.stringify(reason)},"address":${JSON.stringify(address ?? null)}`;
  return `{"time":"${new Date(start).toISOString()}","request_id":"${requestId}",${what}${key}${why}}`;
}
