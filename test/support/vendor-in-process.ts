import { Hono } from 'hono';
import { networkFailure } from '../../src/http/network-failure.js';
import { withRetry } from '../../src/http/retry.js';
import type { Transport, TransportRequest, TransportResponse } from '../../src/http/transport.js';
import type { VendorFixture } from '../providers/fixtures/fixture.js';

/** What goes wrong with one request: before or after the vendor did what it says. */
export type Fault = '403' | '429' | '503' | 'cut after' | '500 after';

export interface VendorInProcess {
  readonly url: string;
  /** Sends to the vendor, and tries again where the program would. It waits for nothing. */
  readonly transport: Transport;
  /** The whole records of the vendor's keys, as it keeps them. */
  readonly records: readonly object[];
  /**
   * The request of this number from now on (0: the next one) goes wrong; `lasting`: that one and all that
   * follow.
   */
  fail(fault: Fault, at: number, lasting: boolean): void;
  /** Nothing goes wrong from now on. */
  heal(): void;
  /** How many requests came since the last `fail` or `heal`, and how many of them ask for a change. */
  count(): { readonly all: number; readonly changing: number };
}

interface Options {
  /** How many responses to one and the same read are from before a change that has been made. */
  readonly staleReads?: number;
}

/**
 * A fixture's vendor without a network: its requests can go wrong one by one, and its reads can lag behind
 * its changes.
 */
export function vendorInProcess(fixture: VendorFixture, { staleReads = 0 }: Options = {}): VendorInProcess {
  const { base = '' } = fixture;
  const url = `http://127.0.0.1:9${base}`;
  const records: object[] = [];
  const app = new Hono().route(base || '/', fixture.app(records));
  const lagging = withLag(async (request) => await responseOf(app, request), staleReads);
  let planned: { readonly fault: Fault; readonly at: number; readonly lasting: boolean } | null = null;
  let all = 0;
  let changing = 0;
  const once: Transport = async (request) => {
    const number = all++;
    if (!isRead(request)) changing++;
    const strikes = planned !== null && (number === planned.at || (planned.lasting && number > planned.at));
    if (!strikes || planned === null) return await lagging(request);
    const { fault } = planned;
    if (fault === '429') return refusal(429, { 'retry-after': '1' });
    if (fault === '503' || fault === '403') return refusal(Number(fault));
    await lagging(request);
    if (fault === '500 after') return refusal(500);
    throw networkFailure(Object.assign(new Error('cut'), { code: 'ECONNRESET' }), request.url, 0);
  };
  const start = (next: typeof planned) => {
    planned = next;
    all = 0;
    changing = 0;
  };
  return {
    url,
    transport: withRetry(once, { clock: { now: () => Date.now() }, sleep: async () => undefined }),
    records,
    fail: (fault, at, lasting) => start({ fault, at, lasting }),
    heal: () => start(null),
    count: () => ({ all, changing }),
  };
}

const isRead = ({ method, readOnly }: TransportRequest) => method === 'GET' || readOnly === true;

async function responseOf(app: Hono, request: TransportRequest): Promise<TransportResponse> {
  const { method, headers, body } = request;
  const text =
    body === undefined ? {} : { body: typeof body === 'string' ? body : new TextDecoder().decode(body) };
  const response = await app.fetch(new Request(request.url, { method, headers, ...text }));
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: new Uint8Array(await response.arrayBuffer()),
  };
}

/** What a vendor recognises a caller by. */
const CALLER = /^(authorization|private-token|.*api-key|dd-application-key)$/;

/** After each change, a read that was seen before gets its old response so many times. */
function withLag(transport: Transport, staleReads: number): Transport {
  const seen = new Map<string, { readonly response: TransportResponse; stale: number }>();
  return async (request) => {
    if (!isRead(request)) {
      const response = await transport(request);
      if (response.status < 400) for (const each of seen.values()) each.stale ||= staleReads;
      return response;
    }
    const callers = Object.entries(request.headers).filter(([name]) => CALLER.test(name));
    // A signature is another one each time; whose it is comes first.
    const caller = callers.map(([, value]) =>
      value.replace(/, ?SignedHeaders=.*/, '').replace(/\/\d{8}\/.*/, ''),
    );
    const id = [request.method, request.url, request.body ?? '', ...caller].join(' ');
    const before = seen.get(id);
    if (before !== undefined && before.stale > 0) {
      before.stale--;
      return before.response;
    }
    const response = await transport(request);
    seen.set(id, { response, stale: 0 });
    return response;
  };
}

const refusal = (status: number, headers: Readonly<Record<string, string>> = {}): TransportResponse => ({
  status,
  headers: { ...headers, 'content-type': 'application/json' },
  body: new TextEncoder().encode('{"message":"not now"}'),
});
