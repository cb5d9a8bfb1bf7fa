import { type Clock, isoTime } from '../domain/clock.js';
import type { KeyStore } from './store/key-store.js';

/** Past that, one server accepts what another refuses as expired, and counts in other windows. */
const MOST_SKEW_MS = 2_000;

/**
 * Compares the clock of this server with that of the database, which all servers share. The function that
 * comes back logs a line when they begin to differ by more than two seconds. `text`: the difference in
 * Prometheus' text format, as last measured.
 */
export function createClockWatch(
  store: Pick<KeyStore, 'now'>,
  clock: Clock,
  log: (line: string) => void,
): { look(): Promise<void>; text(): string } {
  let skewMs = 0;
  let warned = false;
  return {
    async look() {
      const before = clock.now();
      const there = await store.now();
      if (there === null) return;
      const half = (clock.now() - before) / 2;
      skewMs = Math.round(before + half - there);
      // A slow response says less.
      const off = Math.abs(skewMs) > MOST_SKEW_MS + half;
      if (off && !warned) {
        const seconds = (Math.abs(skewMs) / 1000).toFixed(1);
        const error = `the clock of this server is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} the database's: keys expire at other times here than elsewhere`;
        log(JSON.stringify({ time: isoTime(clock.now()), error }));
      }
      warned = off;
    },
    text: () =>
      [
        '# HELP keys_clock_skew_seconds How far the clock of this server is ahead of the database.',
        '# TYPE keys_clock_skew_seconds gauge',
        `keys_clock_skew_seconds ${skewMs / 1000}`,
      ].join('\n'),
  };
}
