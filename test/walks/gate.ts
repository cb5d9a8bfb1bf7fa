import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { openLoopbackServer } from '../support/loopback-server.js';

/** A request as it came, its JSON read. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
  readonly raw: string;
}

export interface VendorResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/**
 * What goes wrong at the n-th request of a command. `kill`: the program is killed while it waits for the
 * response. `cut`: the connection is closed. `before` or `after` the service has done its work. `busy`: 503
 * without any work.
 */
export interface Fault {
  readonly request: number;
  readonly kind: 'kill before' | 'kill after' | 'cut before' | 'cut after' | 'busy';
  /** Whether each later request of the command meets it, too. */
  readonly lasting: boolean;
}

/** A secret as a response gave it. */
interface Given {
  readonly id: string;
  readonly secret: string;
  /** Which command was under way. */
  readonly command: number;
}

/** Responds to a request itself, or by the service that `serve` is. */
type Responder = (
  asked: Asked,
  serve: () => Promise<VendorResponse> | VendorResponse,
) => Promise<VendorResponse> | VendorResponse;

/** What stands between the program and a service: it counts, remembers and disturbs. */
export interface Gate {
  readonly url: string;
  /** Another address of the same service. */
  readonly otherUrl: string;
  readonly given: Given[];
  /** Each credential that was sent, with the request that sent it. */
  readonly credentials: Array<{ readonly credential: string; readonly request: string }>;
  /** Commands that have used the service's own roll. */
  readonly rolledBy: Set<number>;
  /** Requests since the last `expect`. */
  readonly count: () => number;
  /** From now on this responds, with the service behind it. null: the service alone. */
  respond(instead: Responder | null): void;
  /** From now on requests belong to this command; `kill` is called when the fault wants it. */
  expect(command: number, fault: Fault | null, kill: () => void): void;
  close(): Promise<void>;
}

export async function openGate(
  serve: (asked: Asked) => Promise<VendorResponse> | VendorResponse,
  now: () => number,
): Promise<Gate> {
  const given: Given[] = [];
  const credentials: Gate['credentials'] = [];
  const rolledBy = new Set<number>();
  let instead: Responder | null = null;
  let current = { command: -1, fault: null as Fault | null, kill: () => {}, count: 0 };

  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    const raw = await text(request).catch(() => null);
    if (raw === null) return;
    // A service's clock is the walk's.
    response.setHeader('date', new Date(now()).toUTCString());
    const mine = current;
    const count = ++mine.count;
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const method = request.method ?? 'GET';
    const { authorization } = request.headers;
    if (authorization !== undefined)
      credentials.push({ credential: authorization.replace(/^\w+ /, ''), request: `${method} ${pathname}` });
    if (/\/roll(?:-key)?$/.test(pathname)) rolledBy.add(mine.command);
    const { fault } = mine;
    const strikes = fault !== null && (count === fault.request || (fault.lasting && count > fault.request));
    if (strikes && fault.kind === 'busy') return send(response, { status: 503 });
    if (strikes && fault.kind === 'cut before') return request.socket.destroy();
    if (strikes && fault.kind === 'kill before') return mine.kill();
    const { headers } = request;
    const asked = { method, path: pathname, query: searchParams, headers, body: readJson(raw), raw };
    const served = await (instead ?? ((_, work) => work()))(asked, () => serve(asked));
    note(served, mine.command);
    if (strikes && fault.kind === 'cut after') return request.socket.destroy();
    if (strikes && fault.kind === 'kill after') return mine.kill();
    send(response, served);
  };
  const note = ({ status, body }: VendorResponse, command: number) => {
    if (status >= 300 || typeof body !== 'object' || body === null) return;
    // Our own service wraps what it tells in `data`.
    const { id, secret } = ('data' in body ? body.data : body) as Record<string, unknown>;
    if (typeof id === 'string' && typeof secret === 'string') given.push({ id, secret, command });
  };
  // A machine under load takes long between two requests; that is no fault of the network.
  const options = { keepAliveMs: 120_000 };
  const first = await openLoopbackServer(listener, options);
  const second = await openLoopbackServer(listener, options);
  return {
    url: first.url,
    otherUrl: second.url,
    given,
    rolledBy,
    credentials,
    count: () => current.count,
    respond(responder) {
      instead = responder;
    },
    expect(command, fault, kill) {
      current = { command, fault, kill, count: 0 };
    },
    async close() {
      await Promise.all([first.close(), second.close()]);
    },
  };
}

function readJson(raw: string): unknown {
  try {
    return raw === '' ? undefined : JSON.parse(raw);
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, { status, headers, body }: VendorResponse): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    ...headers,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
