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

/**
 * A request's line in the log, of JSON: without address parameters and without any secret. Put together by hand, for it is
 * written for every request; what stands in it has no character that JSON would escape, but for the method.
 */
export function requestLine({ start, requestId, method, route, status, ms, keyId }: AnsweredRequest): string {
  const key = keyId === undefined ? '' : `,"key_id":"${keyId}"`;
  const what = `"method":${JSON.stringify(method)},"route":"${route}","status":${status},"duration_ms":${ms}`;
  return `{"time":"${new Date(start).toISOString()}","request_id":"${requestId}",${what}${key}}`;
}
