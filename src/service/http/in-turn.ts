import type { RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * A listener that starts on a request only when the response before it, on the same connection, has been
 * sent. A caller who sends thousands of requests and reads no response costs one response, and other callers
 * are served meanwhile.
 */
export function inTurn(listener: RequestListener): RequestListener {
  const latest = new WeakMap<Socket, ServerResponse>();
  return (incoming, outgoing) => {
    const { socket } = incoming;
    const before = latest.get(socket);
    latest.set(socket, outgoing);
    if (before === undefined || before.closed) return listener(incoming, outgoing);
    before.once('close', () =>
      setImmediate(() => {
        if (!socket.destroyed) listener(incoming, outgoing);
      }),
    );
  };
}
