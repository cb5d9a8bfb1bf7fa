import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Clock } from '../../domain/clock.js';
import type { ConsoleEnv } from '../console/visit.js';
import { drain } from './drain.js';
import { DEFAULT_LIMITS, type ServerLimits } from './limits.js';
import { listen, listeningUrl } from './listen.js';
import { originForm } from './origin-form.js';

interface RunningConsole {
  /** Such as `http://127.0.0.1:41873`. */
  readonly url: string;
  /** Milliseconds since the last request, or since the start. */
  idleMs(): number;
  /** Takes no more requests, and lets those under way end (5 s at most). */
  close(): Promise<void>;
}

/**
 * Serves a console to browsers of this machine, on a free port of 127.0.0.1. A request may take as long as it
 * needs: a vendor may ask to wait, and a keychain waits for its user. Throws what `listen` throws.
 */
export async function serveConsole(
  app: Hono<ConsoleEnv>,
  clock: Clock,
  limits: Partial<ServerLimits> = {},
): Promise<RunningConsole> {
  let usedAt = clock.now();
  const nothing = () => undefined;
  const { idleMs } = { ...DEFAULT_LIMITS, ...limits };
  const handle = getRequestListener(async (request, { incoming }) => {
    usedAt = clock.now();
    const { socket } = incoming;
    socket.setTimeout(0);
    try {
      return await app.fetch(request as Request, {
        ...{ ip: '127.0.0.1', secure: false, noteKey: nothing, noteReason: nothing },
      });
    } finally {
      // The time that the work took is no pause of the browser's.
      usedAt = clock.now();
      socket.setTimeout(idleMs);
    }
  });
  const server = await listen(
    (incoming, outgoing) => {
      incoming.url = originForm(incoming.url);
      void handle(incoming, outgoing);
    },
    { address: { host: '127.0.0.1', port: 0 }, limits },
  );
  return {
    url: listeningUrl(server),
    idleMs: () => clock.now() - usedAt,
    close: async () => await drain(server),
  };
}
