import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KeysError } from '../../domain/errors.js';
import { inTurn } from './in-turn.js';
import { DEFAULT_LIMITS, MOST_HEADER_BYTES, type ServerLimits } from './limits.js';

export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly limits?: Partial<ServerLimits>;
}

/** A server that cuts callers who take too long. Throws `conflict` where it cannot listen. */
export function listen(listener: RequestListener, { host, port, limits }: ListenOptions): Promise<Server> {
  const { headersMs, requestMs, idleMs, checkMs } = { ...DEFAULT_LIMITS, ...limits };
  return new Promise((resolve, reject) => {
    const server = createServer(
      {
        headersTimeout: headersMs,
        requestTimeout: requestMs,
        // Node's own is 30 s: a slow caller would have that much more than the limits say.
        connectionsCheckingInterval: checkMs,
        maxHeaderSize: MOST_HEADER_BYTES,
      },
      inTurn(listener),
    );
    server.timeout = idleMs;
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'another program listens there' : error.code;
      reject(
        new KeysError('conflict', `cannot listen on ${host}:${port}: ${why}`, {
          hint: 'take another port, or 0 for a free one',
          cause: error,
        }),
      );
    });
    server.listen(port, host, () => resolve(server));
  });
}

/** Such as `http://127.0.0.1:8787`. */
export function listeningUrl(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
