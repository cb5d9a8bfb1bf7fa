import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { ListenOptions, Server, Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Responds to a request. What it returns is awaited. */
type Handle = (request: IncomingMessage, response: ServerResponse) => unknown;

interface LoopbackOptions {
  /** Serves over TLS; without a certificate, no handshake succeeds. */
  readonly tls?: { readonly key?: Buffer; readonly cert?: Buffer };
  /** Serves the `CONNECT` of a proxy's client. */
  readonly connect?: (request: IncomingMessage, socket: Socket) => void;
  /** How long a connection without a request stays open; default: Node's own time. */
  readonly keepAliveMs?: number;
}

/**
 * Serves HTTP on a free port of 127.0.0.1 until the test ends, and returns the address. A caller whose
 * request `handle` fails at gets 500 and the reason.
 */
export async function loopbackServer(handle: Handle, options: LoopbackOptions = {}): Promise<string> {
  const { url, close } = await openLoopbackServer(handle, options);
  onTestFinished(close);
  return url;
}

/** The same until `close`. */
export async function openLoopbackServer(
  handle: Handle,
  { tls, connect, keepAliveMs }: LoopbackOptions = {},
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = tls === undefined ? createServer(guarded(handle)) : createTlsServer(tls, guarded(handle));
  if (connect !== undefined) server.on('connect', connect);
  if (keepAliveMs !== undefined) server.keepAliveTimeout = keepAliveMs;
  const { port, close } = await listen(server);
  return { url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`, close };
}

/**
 * Nothing awaits what Node calls for a request: a failure there would be an error outside of every test.
 */
function guarded(handle: Handle): RequestListener {
  return (request, response) => {
    response.on('error', () => undefined);
    const run = async () => void (await handle(request, response));
    void run().catch((error: unknown) => {
      if (response.headersSent) return void response.destroy();
      const reason = error instanceof Error ? error.stack : String(error);
      response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(`the server of the test failed: ${reason}`);
    });
  };
}

/**
 * Listens until the test ends: on a free port of 127.0.0.1, which is returned, or else where `at` says. A
 * caller that leaves is no failure.
 */
export async function listening(server: Server, at?: ListenOptions): Promise<number> {
  const { port, close } = await listen(server, at);
  onTestFinished(close);
  return port;
}

async function listen(
  server: Server,
  at: ListenOptions = { host: '127.0.0.1', port: 0 },
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const open = new Set<Socket>();
  const keep = (socket: Socket) => {
    open.add(socket);
    // A socket whose error nothing hears ends the process.
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
  };
  server.on('connection', keep).on('secureConnection', keep);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(at, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'string' || address === null ? 0 : address.port,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
