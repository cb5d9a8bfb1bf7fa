/**
 * HTTP requests as plain values: connections, proxies, retries, redirects, and the schemas of the key
 * endpoints in `wire/`. Rooms import `Transport`, `createHttpTransport`, redaction and `wire/`; it imports
 * the domain only.
 */

/** One request as plain values. */
export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Whether it changes nothing, whatever its method: then it is sent again where a GET would be. */
  readonly readOnly?: boolean;
  /** Whether the response shows a secret wherever it stands in it: then a trace leaves out its body. */
  readonly secretInResponse?: boolean;
  /** Names, in lower case, of the headers that authenticate: a trace leaves out their values. */
  readonly credentialHeaders?: readonly string[];
  /** The secrets that the request carries, in its headers, path or body: no message shows them. */
  readonly secrets?: readonly string[];
}

/** One response as plain values: whole, within its size limit. */
export interface TransportResponse {
  readonly status: number;
  /** Names in lower case; a header that came several times is joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /**
   * Whether an earlier attempt of the same request may have reached the server, so that this response does
   * not tell what was done.
   */
  readonly repeated?: boolean;
}

/**
 * Sends one request once. No retry, no redirect. Errors: `unreachable`, `timeout`, `insecure_transport`,
 * `bad_response` (cut short, or too large), each naming the service's origin.
 */
export type Transport = (request: TransportRequest) => Promise<TransportResponse>;
