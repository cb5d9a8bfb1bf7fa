import type { Clock } from '../../domain/clock.js';
import type { KeysError } from '../../domain/errors.js';
import type { ConsoleDoor } from './console-account.js';
import type { SessionTable } from './session-table.js';

export interface ConsoleOptions {
  /** Path of the console, such as `/console`: also the path of its cookie. */
  readonly base: string;
  readonly clock: Clock;
  readonly door: ConsoleDoor;
  /**
   * Host names that browsers may use beside `localhost` and IP addresses. `any` where TLS proves the name.
   */
  readonly hosts: readonly string[] | 'any';
  /**
   * A failure as browsers may see it: without paths and addresses of the service. It logs what was not
   * foreseen.
   */
  readonly reveal: (error: unknown) => KeysError;
  /**
   * Waits; milliseconds. Absent: a page of a long audit waits for its end, and does not say how far it is.
   */
  readonly sleep?: (ms: number) => Promise<void>;
  /** What a console has as one of several behind one sign-in. */
  readonly among?: ConsoleGroup;
}

/** Several consoles that share a sign-in. */
interface ConsoleGroup {
  /** Path of the page that lists the services, and of the cookie. */
  readonly home: string;
  readonly sessions: SessionTable;
  /** Name of the service, such as a profile's. */
  readonly service: string;
  /** Options that a command needs to reach this service, such as `--profile acme`. */
  readonly options: readonly string[];
}
