import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { listening } from './loopback-server.js';

/** What happens to one connection; afterwards the proxy is as it should be. */
export type Fault =
  | 'reset before the request'
  | 'reset after the request'
  | 'cut in the middle of the response'
  | 'half the body'
  | 'slow'
  | 'request sent twice';

export interface FaultyProxy {
  readonly url: string;
  /** The next connections meet these, in order. */
  next(...faults: Fault[]): void;
}

/** A loopback proxy at the level of bytes, in front of a server. */
export async function faultyProxy(target: string): Promise<FaultyProxy> {
  const { hostname, port: targetPort } = new URL(target);
  const faults: Fault[] = [];
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const fault = faults.shift();
    const upstream = connect(Number(targetPort), hostname);
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => undefined).on('close', () => open.delete(socket));
    }
    client.on('close', () => upstream.destroy());
    let responded = 0;
    client.on('data', (bytes) => {
      if (fault === 'reset before the request') {
        client.resetAndDestroy();
        return;
      }
      upstream.write(bytes);
      if (fault === 'request sent twice') {
        const again = connect(Number(targetPort), hostname, () => again.end(bytes));
        open.add(again);
        again.on('error', () => undefined).resume();
      }
    });
    upstream.on('data', (bytes) => {
      responded += bytes.length;
      switch (fault) {
        case 'reset after the request':
          client.resetAndDestroy();
          break;
        case 'cut in the middle of the response':
          client.write(bytes.subarray(0, 30), () => client.resetAndDestroy());
          break;
        case 'half the body':
          client.end(bytes.subarray(0, Math.max(1, bytes.length - 40)));
          break;
        case 'slow':
          setTimeout(() => client.write(bytes), 300);
          break;
        default:
          client.write(bytes);
      }
    });
    upstream.on('close', () => {
      if (responded === 0 || fault === undefined) client.destroy();
    });
  });
  const port = await listening(server);
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
  });
  return {
    url: `http://127.0.0.1:${port}`,
    next: (...more) => void faults.push(...more),
  };
}
