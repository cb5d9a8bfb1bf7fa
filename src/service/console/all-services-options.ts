import type { ConsoleAccount } from './console-account.js';
import type { ConsoleOptions } from './console-options.js';

/** One service among several. */
export interface ConsoleService {
  /** Two segments of a path, such as `p/acme`: unique. */
  readonly path: string;
  /** Such as the profile's name. */
  readonly name: string;
  /** Title of its provider, such as `Resend`. */
  readonly provider: string;
  /** Options that a command needs to reach it, such as `--profile acme`. */
  readonly options: readonly string[];
  /** Opens it, or returns it as it was opened before. Throws a `KeysError` where it cannot be reached. */
  open(): Promise<ConsoleAccount>;
}

export interface AllServicesOptions extends Pick<ConsoleOptions, 'clock' | 'reveal'> {
  /** A path that cannot be guessed, without a slash at its end: also the path of the cookie. */
  readonly base: string;
  /** Signs one browser in, once. */
  readonly token: string;
  /** Waits; milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Every service that this machine knows, read anew for each page. */
  services(): Promise<readonly ConsoleService[]>;
  /** Called when the token has been used. */
  signedIn(): void;
  signedOut(): void;
}
