import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import type { LookupFunction } from 'node:net';
import {
  ACCEPT_ENCODING,
  plainHeaders,
  refusePlainHttp,
  type TransportLimits,
  withDefaults,
} from './limits.js';
import { networkFailure } from './network-failure.js';
import { receiveBody } from './receive-body.js';
import type { Transport, TransportRequest, TransportResponse } from './transport.js';

/** What sends for one protocol, over connections that are kept. */
interface Sender {
  readonly agent: HttpAgent;
  readonly request: typeof httpRequest;
}

/**
 * The transport where no proxy is in between, by Node's own HTTP: loading undici and its parser costs several
 * bare starts of Node, this a tenth of one.
 */
export function createDirectTransport(options: TransportLimits = {}): Transport & { close(): Promise<void> } {
  const limits = withDefaults(options);
  const plain: Sender = { agent: new HttpAgent({ keepAlive: true }), request: httpRequest };
  let secure: Promise<Sender> | undefined;
  const openSecure = async (): Promise<Sender> => {
    const { Agent, request } = await import('./node-https.js');
    return { agent: new Agent({ keepAlive: true }), request };
  };
  const senderFor = async (url: string): Promise<Sender> => {
    if (!url.startsWith('https:')) return plain;
    secure ??= openSecure();
    return await secure;
  };

  const transport: Transport = async (request) => {
    refusePlainHttp(request.url, limits.insecure);
    try {
      return await exchange(request, await senderFor(request.url), limits);
    } catch (error) {
      throw networkFailure(error, request.url, limits.wholeTimeoutMs);
    }
  };
  const close = async () => {
    plain.agent.destroy();
    (await secure)?.agent.destroy();
  };
  return Object.assign(transport, { close });
}

/**
 * Sends and receives within every limit; rejects with the first that is passed, or with the system's own
 * error.
 */
function exchange(
  { method, url, headers, body }: TransportRequest,
  sender: Sender,
  limits: Required<TransportLimits>,
): Promise<TransportResponse> {
  return new Promise((resolve, reject) => {
    const sent = sender.request(url, {
      method,
      headers: { ...ACCEPT_ENCODING, ...headers, ...lengthOf(body) },
      agent: sender.agent,
      ...(isLocalName(new URL(url).hostname) ? { lookup: thisMachine } : {}),
    });
    let step: NodeJS.Timeout | undefined;
    const whole = setTimeout(() => fail(new DOMException('', 'TimeoutError')), limits.wholeTimeoutMs);
    const stop = () => {
      clearTimeout(step);
      clearTimeout(whole);
    };
    // The first reason counts: what a destroyed request says afterwards is no news.
    const fail = (error: unknown) => {
      stop();
      reject(error);
      sent.destroy();
    };
    const within = (ms: number, code: string) => {
      clearTimeout(step);
      step = setTimeout(() => fail(Object.assign(new Error(code), { code })), ms);
    };
    watchConnection(sent, limits, within);
    sent.on('error', fail);
    sent.on('response', (response) => {
      const next = () => within(limits.bodyTimeoutMs, 'BODY_TIMEOUT');
      next();
      const received = plainHeaders(response.headers);
      const options = { maxBytes: limits.maxResponseBytes, url, onPiece: next };
      receiveBody(wholeBody(response), received, options).then((bytes) => {
        stop();
        resolve({ status: response.statusCode ?? 0, headers: received, body: bytes });
      }, fail);
    });
    sent.end(body);
  });
}

/**
 * Names below `localhost` are this machine (RFC 6761): plain HTTP is allowed to them, so no name server may
 * say otherwise.
 */
function isLocalName(hostname: string): boolean {
  return hostname.endsWith('.localhost');
}

const thisMachine: LookupFunction = (_, { all }, done) => {
  const [first, ...others] = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ] as const;
  if (all) done(null, [first, ...others]);
  else done(null, first.address, first.family);
};

/** Sets Content-Length. Node omits it on DELETE, and the server would read the body as the next request. */
function lengthOf(body: TransportRequest['body']): { readonly 'content-length'?: number } {
  return body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
}

/**
 * Limits the time to connect, then the time to the response's headers. A reused connection is already open.
 */
function watchConnection(
  sent: ClientRequest,
  { connectTimeoutMs, headersTimeoutMs }: Required<TransportLimits>,
  within: (ms: number, code: string) => void,
): void {
  sent.on('socket', (socket) => {
    const connected = () => within(headersTimeoutMs, 'HEADERS_TIMEOUT');
    if (sent.reusedSocket) return connected();
    within(connectTimeoutMs, 'CONNECT_TIMEOUT');
    socket.once(sent.protocol === 'https:' ? 'secureConnect' : 'connect', connected);
  });
}

/** The pieces of a body. Throws `CUT_SHORT` where the connection ends before it. */
async function* wholeBody(response: IncomingMessage): AsyncIterable<Buffer> {
  try {
    yield* response as AsyncIterable<Buffer>;
  } catch (error) {
    const reset = error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
    throw reset ? Object.assign(error, { code: 'CUT_SHORT' }) : error;
  }
}
