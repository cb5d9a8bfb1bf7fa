import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** No connection is used again: the server may be about to close it. */
const agent = new Agent({ keepAlive: true, maxFreeSockets: 0 });

interface RawRequest {
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Buffer;
  /** An address of this machine that the request comes from. */
  readonly from?: string;
}

/**
 * One request with exactly these headers: no client adds a User-Agent, a content type or an encoding of its
 * own.
 */
export function rawRequest(
  url: string,
  { method = 'GET', headers = {}, body, from }: RawRequest = {},
): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method, headers, ...(from && { localAddress: from }) }, (response) => {
      const { statusCode: status = 0, headers } = response;
      text(response).then((body) => resolve({ status, headers, body }), reject);
    });
    sent.on('error', reject).end(body);
  });
}
