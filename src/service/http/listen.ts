import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { inTurn } from './in-turn.js';
import { DEFAULT_LIMITS, MOST_HEADER_BYTES, type ServerLimits } from './limits.js';
import { cannotListen, type ListenAddress, listenAt } from './listen-address.js';
import { readTls, type TlsFiles } from './tls.js';

export interface ListenOptions {
  /** A port of 0 takes a free one. */
  readonly address: ListenAddress;
  readonly limits?: Partial<ServerLimits>;
  /** Absent: plain HTTP. */
  readonly tls?: TlsFiles;
}

/**
 * A server that cuts callers who take too long. Throws `conflict` where it cannot listen, and what `readTls`
 * throws.
 */
export function listen(listener: RequestListener, { address, limits, tls }: ListenOptions): Promise<Server> {
  const { headersMs, requestMs, idleMs, checkMs } = { ...DEFAULT_LIMITS, ...limits };
  return new Promise((resolve, reject) => {
    const options = {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      // Node's own is 30 s: a slow caller would have that much more than the limits say.
      connectionsCheckingInterval: checkMs,
      maxHeaderSize: MOST_HEADER_BYTES,
    };
    const handle = inTurn(listener);
    const server =
      tls === undefined
        ? createServer(options, handle)
        : createTlsServer({ ...options, handshakeTimeout: headersMs, ...readTls(tls) }, handle);
    server.timeout = idleMs;
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(cannotListen(address, error));
    });
    server.once('listening', () => resolve(server));
    listenAt(server, address).catch(reject);
  });
}

/** Such as `http://127.0.0.1:8787`, or `unix:/run/keys/keys.sock`. */
export function listeningUrl(server: Server, tls?: TlsFiles): string {
  const at = server.address();
  if (at === null || typeof at === 'string') return `unix:${at ?? ''}`;
  const { address, port, family }: AddressInfo = at;
  return `${tls === undefined ? 'http' : 'https'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
