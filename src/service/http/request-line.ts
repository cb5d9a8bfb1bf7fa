export interface AnsweredRequest {
  /** Epoch milliseconds. */
  readonly start: number;
  readonly requestId: string;
  readonly method: string;
  /** The pattern of the path: an address may hold what belongs in no log. */
  readonly route: string;
  readonly status: number;
  readonly ms: number;
  readonly keyId: string | undefined;
}

/** A request's line in the log, of JSON: without address parameters and without any secret. */
export function requestLine({ start, requestId, method, route, status, ms, keyId }: AnsweredRequest): string {
  return JSON.stringify({
    time: new Date(start).toISOString(),
    request_id: requestId,
    method,
    route,
    status,
    duration_ms: ms,
    ...(keyId === undefined ? {} : { key_id: keyId }),
  });
}
