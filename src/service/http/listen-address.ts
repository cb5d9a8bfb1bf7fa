import type { Server } from 'node:http';
import { connect } from 'node:net';
import { isSocket, removeFile } from '../../storage/files.js';

/**
 * Where a server listens: an address and port, a socket in the file system, or a socket that systemd has
 * opened.
 */
export type ListenAddress =
  | { readonly host: string; readonly port: number }
  | { readonly path: string }
  | { readonly fd: number };

/** For messages. */
export function shownAddress(address: ListenAddress): string {
  if ('path' in address) return `unix:${address.path}`;
  return 'fd' in address ? `file descriptor ${address.fd}` : `${address.host}:${address.port}`;
}

/**
 * Starts to listen. A socket that a killed server left behind is replaced. The server's own errors come as
 * its events.
 */
export async function listenAt(server: Server, address: ListenAddress): Promise<void> {
  if ('path' in address && isSocket(address.path) && !(await isServed(address.path)))
    removeFile(address.path);
  server.listen(address);
}

/** Whether a program accepts connections at a socket. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(path);
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    // Without the right to connect, it is somebody else's: it stays.
    connection.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}
