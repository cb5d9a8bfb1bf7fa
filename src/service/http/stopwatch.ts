import { performance } from 'node:perf_hooks';

/**
 * Starts a clock that no change of the time of day moves. Returns a function for the milliseconds since, with
 * their fractions.
 */
export function startStopwatch(): () => number {
  const start = performance.now();
  return () => performance.now() - start;
}
