import type { Server } from 'node:http';
import { connect } from 'node:net';
import { isSocket, removeFile } from '../../storage/files.js';

/** Where a server listens: an address and port, a socket in the file system, or a socket that systemd has opened. */
export type ListenPlace =
  | { readonly host: string; readonly port: number }
  | { readonly path: string }
  | { readonly fd: number };

/** For messages. */
export function shownPlace(place: ListenPlace): string {
  if ('path' in place) return `unix:${place.path}`;
  return 'fd' in place ? `file descriptor ${place.fd}` : `${place.host}:${place.port}`;
}

/** Starts to listen. A socket that a killed server left behind is replaced. The server's own errors come as its events. */
export async function listenAt(server: Server, place: ListenPlace): Promise<void> {
  if ('path' in place && isSocket(place.path) && !(await isServed(place.path))) removeFile(place.path);
  server.listen(place);
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
