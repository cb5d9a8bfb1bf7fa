import type { ConnectContext } from '../connect/connection.js';

export interface Progress {
  readonly show: (done: number) => void;
  /** Ends the line of progress, if one was begun. */
  readonly finish: () => void;
}

/** Shows progress once the audit takes longer than a second, and then four times a second. */
export function progressOf(
  { clock, output }: Pick<ConnectContext, 'clock' | 'output'>,
  startedAt: number,
): Progress {
  let next = startedAt + 1_000;
  let last = 0;
  return {
    show(done) {
      if (clock.now() < next) return;
      next = clock.now() + 250;
      last = done;
      output.progress(done, null);
    },
    finish() {
      if (last > 0) output.progress(last, last);
    },
  };
}
