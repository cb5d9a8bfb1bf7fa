import type { Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { isFolder, isSocket } from '../../storage/files/file-status.js';
import { removeFile } from '../../storage/files.js';

/**
 * Where a server listens: an address and port, a socket in the file system, or a socket that systemd has
 * opened.
 */
export type ListenAddress =
  | { readonly host: string; readonly port: number }
  | { readonly path: string }
  | { readonly fd: number };

/** What is wrong where a server cannot listen, and what helps. */
export function cannotListen(address: ListenAddress, error: NodeJS.ErrnoException): KeysError {
  const fail = (shown: string, why: string | undefined, hint?: string) =>
    new KeysError('conflict', `cannot listen on ${shown}: ${why}`, { cause: error, ...compact({ hint }) });
  const { code = error.message } = error;
  if ('fd' in address) return fail(`file descriptor ${address.fd}`, code);
  if ('path' in address) return fail(`unix:${address.path}`, ...whySocket(address.path, code));
  const why = {
    EADDRINUSE: 'another program listens there',
    EADDRNOTAVAIL: 'not an address of this machine',
  };
  const hint = code === 'EADDRNOTAVAIL' ? 'take another address' : 'take another port, or 0 for a free one';
  return fail(`${address.host}:${address.port}`, why[code as keyof typeof why] ?? code, hint);
}

/** Bytes of a socket's path that every system takes. Node cuts off the rest and says nothing. */
const MOST_PATH_BYTES = 103;

function refuseLongPath(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes <= MOST_PATH_BYTES) return;
  throw new KeysError('conflict', `cannot listen on unix:${path}: a path of ${bytes} bytes is too long`, {
    hint: `take one of ${MOST_PATH_BYTES} bytes at most, such as /run/keys.sock`,
  });
}

/** The system says "permission denied" for a folder that is not there. */
function whySocket(path: string, code: string): [why: string, hint: string] {
  const folder = dirname(path);
  if (!isFolder(folder)) return [`there is no folder ${folder}`, 'create it, or take another path'];
  if (code === 'EADDRINUSE' && isSocket(path))
    return ['another program listens there', 'stop it, or take another path'];
  if (code === 'EADDRINUSE') return ['a file is there', 'move it away, or take another path'];
  if (code === 'EACCES')
    return [`no right to write to ${folder}`, 'take another folder, or change its owner'];
  return [code, 'take another path'];
}

/**
 * Starts to listen. Throws `conflict` for a path that is too long. A socket that a killed server left behind
 * is replaced. The server's own errors come as its events.
 */
export async function listenAt(server: Server, address: ListenAddress): Promise<void> {
  if ('path' in address) refuseLongPath(address.path);
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
