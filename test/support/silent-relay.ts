import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { listening } from './loopback-server.js';

export interface SilentRelay {
  /** The target's address, by way of the relay. */
  readonly address: string;
  /** From now on nothing gets through, and nothing is closed: as when a machine or a cable is gone. */
  silence(): void;
  /** New connections get through again; those of before stay as they are. */
  restore(): void;
}

/** A loopback relay of bytes in front of a server. */
export async function silentRelay(target: string): Promise<SilentRelay> {
  const url = new URL(target);
  const [host, port] = [url.hostname, Number(url.port)];
  const open = new Set<Socket>();
  let silent = false;
  const server = createServer((client) => {
    const sockets = silent ? [client] : [client, connect(port, host)];
    for (const socket of sockets) {
      open.add(socket);
      socket.on('error', () => undefined).on('close', () => open.delete(socket));
    }
    const [, upstream] = sockets;
    if (upstream !== undefined) client.pipe(upstream).pipe(client);
  });
  url.port = String(await listening(server));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
  });
  return {
    address: url.href,
    silence() {
      silent = true;
      for (const socket of open) socket.unpipe().pause();
    },
    restore() {
      silent = false;
    },
  };
}
