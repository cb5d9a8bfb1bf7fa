/** The present, handed in so that nothing else reads the machine's clock. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

/**
 * A clock that is off by more than this is called wrong: expiries and graces would mean something else on
 * each machine.
 */
export const FAR_OFF_MS = 5 * 60_000;

/** An instant (epoch milliseconds) as ISO 8601 in UTC, without a fraction when it is zero. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('.000Z', 'Z');
}
