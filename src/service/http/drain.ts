import type { Server } from 'node:http';

/** Longest that a shutdown waits for requests under way. */
const DRAIN_MS = 5_000;

/** Takes no more connections, and returns when the requests under way have ended: after 5 s they are cut. */
export function drain(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
