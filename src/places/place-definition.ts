import type { ErrorCode } from '../domain/errors.js';
import type { Wording } from '../domain/words.js';

/** The parts of a place's target, such as `{ app: 'web' }`. */
type Target = Readonly<Record<string, string>>;
/** The target, and the name that the secret gets there. */
type NamedTarget = Target & { readonly name: string };

/**
 * A kind of place whose secrets are set by a program that reads them from its stdin. The secret is never an
 * argument.
 */
export interface PlaceDefinition {
  /** The word before the colon in `--to`. */
  readonly id: string;
  readonly title: string;
  /**
   * What follows the colon, with a word in braces for each part, such as `{account}/{script}`. The name
   * follows after `#`.
   */
  readonly target: string;
  /** What a part may be, if not letters, digits, `_`, `.` and `-`. No part may begin with `-`. */
  readonly parts?: Readonly<Record<string, RegExp>>;
  /** What a name may be, if not a variable. */
  readonly names?: RegExp;
  /** Such as `fly:web#API_KEY`. */
  readonly examples?: readonly string[];
  /** Where the facts about the program come from. */
  readonly sources?: readonly string[];
  /** The program, as the shell finds it. */
  readonly program: string;
  /** Where to get the program. */
  readonly install: string;
  /** Variables for every call. */
  readonly env?: (target: Target) => Readonly<Record<string, string>>;
  /** What the program's messages mean: the first that matches counts. The hint is the command that helps. */
  readonly failures?: ReadonlyArray<readonly [message: RegExp, code: ErrorCode, hint?: Wording]>;
  /** Arguments of a call that changes nothing and fails if a secret cannot be set there. */
  readonly probe: (target: Target) => readonly string[];
  /** Arguments of the call that sets a secret. */
  readonly deliver: (target: NamedTarget) => readonly string[];
  /** What goes to its stdin. Default: the secret as it is. */
  readonly input?: (secret: string, target: NamedTarget) => string;
  /**
   * The call that reads when a secret was set, and the time in what it prints: milliseconds, ISO 8601, or
   * null.
   */
  readonly readBack?: {
    readonly args: (target: NamedTarget) => readonly string[];
    readonly time: (stdout: string) => number | string | null;
  };
  /**
   * The call that prints the account that the program is logged in to, if the target does not say it, and its
   * name in what it prints. A delivery to another account than the one before is refused.
   */
  readonly account?: {
    readonly args: (target: Target) => readonly string[];
    readonly name: (stdout: string) => string;
  };
  /** Arguments of the call that removes a secret. */
  readonly erase?: (target: NamedTarget) => readonly string[];
}

/** Defines a kind of place of one's own. `keys places kinds add` checks it. */
export function place(definition: PlaceDefinition): PlaceDefinition {
  return definition;
}

/** The words in braces. */
export function partNames(target: string): string[] {
  return [...target.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
}
