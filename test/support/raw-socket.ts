import { connect } from 'node:net';

export interface RawConversation {
  /** All that came back until the other side ended the connection. */
  readonly response: string;
  /** Whether the other side ended it while there was still something to send. */
  readonly cut: boolean;
}

/**
 * Sends pieces of bytes with pauses between them, as slow as a caller may be, and reads until the other side
 * ends it.
 */
export function converse(
  url: string,
  pieces: readonly string[],
  { pauseMs = 0 }: { pauseMs?: number } = {},
): Promise<RawConversation> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let response = '';
    let sent = 0;
    const socket = connect(Number(port), hostname);
    const send = () => {
      if (socket.destroyed || sent === pieces.length) return;
      socket.write(pieces[sent++] ?? '');
      setTimeout(send, pauseMs);
    };
    socket.on('connect', send);
    socket.on('data', (chunk) => {
      response += chunk;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve({ response, cut: sent < pieces.length }));
  });
}
