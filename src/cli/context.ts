import type { LifecycleContext } from '../lifecycle/lifecycle-context.js';

/** The flags that every command takes, as Commander reads them. */
export interface GlobalFlags {
  readonly profile?: string;
  readonly provider?: string;
  readonly baseUrl?: string;
  readonly set?: string[];
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** False under `--no-color`. */
  readonly color?: boolean;
  readonly input?: boolean;
  readonly browser?: boolean;
  readonly insecure?: boolean;
  readonly debug?: boolean;
  readonly verbose?: boolean;
}

/**
 * What a call of the program has to work with. A command imports every feature itself, inside the function
 * that runs, and passes it this context. Methods are lazy: nothing is opened, loaded or read before they are
 * called, and a second call returns the same object. Most members are declared in `connect/connection.ts` and
 * `lifecycle/lifecycle-context.ts`, by the rooms that need them.
 */
export interface Context extends LifecycleContext {
  readonly flags: GlobalFlags;
  readonly process: ProcessFacts;
}

/** What the program knows of its own process, and what it may ask of it. */
export interface ProcessFacts {
  /** This program's version. */
  readonly version: string;
  /** Of Node and what it contains, by name. */
  readonly versions: Readonly<Record<string, string | undefined>>;
  /** Node's name for the processor, such as `x64`. */
  readonly arch: string;
  /** Node's name for the platform, such as `linux`. */
  readonly platform: string;
  /** Absolute paths of this program and of the Node that runs it. */
  readonly program: { readonly path: string; readonly node: string };
  /** URL of the package's public entry, for providers of the user's own. */
  readonly library: string;
  readonly pid: number;
  /** The current directory. */
  readonly directory: string;
  /** Whether a person can be asked: stdin and stderr are terminals. */
  readonly isAttended: boolean;
  readonly isAlive: (pid: number) => boolean;
  /**
   * Calls the listener at each signal that would end the process, instead of ending it, and at the `further`
   * ones, until the returned function is called.
   */
  readonly onSignal: (
    listener: (signal: NodeJS.Signals) => void,
    further?: readonly NodeJS.Signals[],
  ) => () => void;
  /** Whether the terminal sends Ctrl-C and the like to this process and its children. */
  readonly isForeground: () => boolean;
  /**
   * Aborts at the first signal that would end the process. Listens from the first call on. With `onHangUp`,
   * that is called at each SIGHUP instead.
   */
  readonly interruption: (onHangUp?: () => void) => AbortSignal;
  /** Whether stdout leads nowhere: it was closed, or is the null device. */
  readonly stdoutGoesNowhere: () => boolean;
  /** Writes to stderr as it is. A stderr that was closed is ignored. */
  readonly log: (text: string) => void;
  /**
   * Asks the runner of a GitHub job to hide a secret in its log: the one line on stderr that holds a secret.
   */
  readonly maskInLog: (secret: string) => Promise<void>;
  /** Closes something when the call ends: the last one first. */
  readonly onEnd: (close: () => Promise<void>) => void;
  /** Sets the exit code of a call that ends without an error. */
  readonly exitWith: (code: number) => void;
}
