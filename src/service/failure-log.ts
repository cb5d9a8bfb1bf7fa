import { type Clock, isoTime } from '../domain/clock.js';
import { KeysError } from '../domain/errors.js';

/** From the first line about a failure that lasts to the next one; each pause is twice the one before. */
const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 3_600_000;

export interface FailureLog {
  failed(job: string, error: unknown): void;
  worked(job: string): void;
}

/**
 * Logs that jobs on the database fail: at once, then at growing intervals for as long as one of them fails,
 * and once when all work again.
 */
export function createFailureLog(clock: Clock, log: (line: string) => void): FailureLog {
  const failing = new Set<string>();
  let [since, next, pauseMs] = [0, 0, 0];
  const write = (line: object) =>
    log(JSON.stringify({ time: isoTime(clock.now()), ...line, since: isoTime(since) }));
  return {
    failed(job, error) {
      const now = clock.now();
      if (failing.size === 0) [since, next, pauseMs] = [now, now, FIRST_PAUSE_MS];
      failing.add(job);
      if (now < next) return;
      next = now + pauseMs;
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      // Others' messages could say more than a log should keep.
      const reason = error instanceof KeysError ? `: ${error.message}` : '';
      write({ error: `upkeep of the database failed${reason}; it is tried again` });
    },
    worked(job) {
      if (failing.delete(job) && failing.size === 0) write({ message: 'upkeep of the database works again' });
    },
  };
}
