import { setTimeout as sleep } from 'node:timers/promises';
import { isBusy } from './sqlite-failure.js';

/** Milliseconds between two attempts. */
const BUSY_WAIT_MS = 10;

/**
 * Repeats `work` while another process holds a lock that it needs, for at most `timeoutMs`. Returns its
 * result, or throws its error.
 *
 * SQLite's own `busy_timeout` is not enough: it blocks every other request of this process, and SQLite does
 * not apply it to the switch to WAL mode, which fails at once. Time is counted in waits, so no clock is read.
 */
export async function retryWhileBusy<Result>(
  timeoutMs: number,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  for (let waited = 0; ; waited += BUSY_WAIT_MS) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error) || waited >= timeoutMs) throw error;
      await sleep(BUSY_WAIT_MS);
    }
  }
}
