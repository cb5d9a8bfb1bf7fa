/**
 * The life of a managed key: create, deliver, roll, resume and revoke, with every step in the ledger first.
 * Only the command line imports it.
 */

import type { ConnectContext } from '../connect/connection.js';

/** What this room needs of a call of the program. `cli/context.ts` has all of it. */
export interface LifecycleContext extends ConnectContext {
  readonly process: ConnectContext['process'] & {
    readonly pid: number;
    readonly directory: string;
    readonly isAlive: (pid: number) => boolean;
    readonly onSignal: (listener: (signal: NodeJS.Signals) => void) => () => void;
    readonly stdoutGoesNowhere: () => boolean;
    readonly maskInLog: (secret: string) => Promise<void>;
  };
}
