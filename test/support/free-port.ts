import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the ports that systems give to whoever asks for any: no connection and no other test takes one
 * meanwhile.
 */
const FIRST = 10_000;
/** How many ports each worker of the test runner has for itself. */
const OWN = 2_500;
const WORKERS = 8;
const start = FIRST + (Number(process.env['VITEST_POOL_ID'] ?? 0) % WORKERS) * OWN;
let next = randomInt(OWN);

/** A port of loopback that nobody listens on just now. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < OWN; tries++) {
    const port = start + (next++ % OWN);
    if (await isFree(port)) return port;
  }
  throw new Error('every port is taken');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
