/** The present, handed in so that nothing else reads the machine's clock. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

/** An instant (epoch milliseconds) as ISO 8601 in UTC, without a fraction when it is zero. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('.000Z', 'Z');
}
