import type { LifecycleContext } from './lifecycle-context.js';

/**
 * The present by the service's clock, in epoch milliseconds, as far as its responses have told how far this
 * machine's differs. A lifetime is counted from it: counted from a clock that is ahead, a key would live
 * longer than was asked.
 */
export function serviceTime({
  clock,
  minutesAhead,
}: Pick<LifecycleContext, 'clock' | 'minutesAhead'>): number {
  return clock.now() - (minutesAhead() ?? 0) * 60_000;
}
