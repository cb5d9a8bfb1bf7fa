/**
 * The life of a managed key: create, deliver, roll, resume and revoke, with every step in the ledger first.
 * Only the command line imports it.
 */

import type { ConnectContext } from '../connect/connection.js';

/** What this room needs of a call of the program. `cli/context.ts` has all of it. */
export interface LifecycleContext extends ConnectContext {
  /**
   * Calls `work` every so many milliseconds, until the returned function is called. Does not keep the program
   * running.
   */
  readonly every: (ms: number, work: () => Promise<unknown>) => () => void;
  /**
   * Minutes by which this machine's clock is ahead of a service's; null: by less than five, as far as is
   * known.
   */
  readonly minutesAhead: () => number | null;
  readonly process: ConnectContext['process'] & {
    readonly pid: number;
    readonly directory: string;
    readonly isAlive: (pid: number) => boolean;
    readonly onSignal: (listener: (signal: NodeJS.Signals) => void) => () => void;
    readonly stdoutGoesNowhere: () => boolean;
    readonly maskInLog: (secret: string) => Promise<void>;
  };
}
