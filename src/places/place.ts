/**
 * Where secrets go: a place is plain data that the ledger stores, and each kind of place is one file under
 * `kinds/`. Rooms import the contract, the names of variables, and the registry, which loads a kind when a
 * place of it is read or opened.
 */

import { KeysError } from '../domain/errors.js';
import type { Credential } from '../domain/key.js';
import type { Wording } from '../domain/words.js';
import type { Transport } from '../http/transport.js';
import type { Credentials } from '../storage/keychain/credentials.js';
import type { SavedSecrets } from '../storage/ledger/saved-secrets.js';
import type { ThisProgram } from '../storage/own-module.js';
import type { Settings } from '../storage/settings.js';

/**
 * Where a place is, as far as its address does not say it and the surroundings decide: such as the `account`
 * that a program is logged in to.
 */
export type Whose = Readonly<Record<string, string>>;

/** One place, as JSON. Never holds a secret. */
export interface Place {
  /** Id of its kind, such as `file`. */
  readonly kind: string;
  /** Everything needed to find it from another shell: absolute path, host, project, working directory. */
  readonly target: Readonly<Record<string, string>>;
  /**
   * Variables, fields or secrets that get the value: one, or two for a pair. Empty for a kind that has no
   * names.
   */
  readonly names: readonly string[];
  /** The full text for `--to`. Two places with the same address are the same place. */
  readonly address: string;
  /** A command that runs after each delivery, such as a restart. */
  readonly then?: string;
  /** Where it was at the last delivery. It is the same place only there. */
  readonly whose?: Whose;
  /**
   * User and machine, such as `anna@laptop`, if the place is in a shared ledger and exists only on another
   * machine.
   */
  readonly on?: string;
}

/** What a place learns about the key beside its secret. */
export interface PlaceKey {
  readonly name: string;
  /** Null before the key is created. */
  readonly id: string | null;
  readonly provider: string;
  /** The provider's variable names: one, or two for a pair. */
  readonly variables: readonly string[];
}

/** What places need of a call of the program. `cli/context.ts` has all of it. */
export interface PlaceContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  settings(): Settings;
  transport(): Promise<Transport>;
  /** The credentials that this program logs in with. */
  credentials(): Promise<Pick<Credentials, 'read' | 'store' | 'remove'>>;
  savedSecrets(options: { readonly insecureStorage?: boolean }): Promise<SavedSecrets>;
  readonly output: { say(message: string): void };
  readonly process: ThisProgram & {
    readonly directory: string;
    readonly onSignal: (listener: (signal: NodeJS.Signals) => void) => () => void;
    /** Asks the runner of a GitHub job to hide a secret in its log. */
    readonly maskInLog: (secret: string) => Promise<void>;
  };
}

/** A place that was opened for one key. */
export interface OpenPlace {
  /**
   * Checks without changing anything that a delivery can be made. Returns warnings. Throws `usage`,
   * `refused`, `not_found` and alike.
   */
  probe(): Promise<readonly string[]>;
  /**
   * Checks by really trying, just before a key is created. Leaves nothing behind. Absent: the probe is all.
   */
  reserve?(): Promise<readonly string[]>;
  /**
   * The values that stand there now, by name; names without a value are absent. Absent: the place cannot be
   * read.
   */
  current?(): Promise<Readonly<Record<string, string>>>;
  /**
   * Delivers the secret. Delivering twice leaves what delivering once does. Throws `delivery_failed` and
   * alike.
   */
  deliver(credential: Credential, key: PlaceKey): Promise<void>;
  /**
   * Where the place is in these surroundings. Absent: its address says all. `login`: the same text where
   * `read` returns the same; `hint`: how to get to the right one. `read` throws as `probe` does.
   */
  readonly whose?: { readonly login: string; readonly hint: Wording; read(): Promise<Whose> };
  /** When the secret there last changed; null if it is not there. Absent: the place does not tell. */
  readBack?(): Promise<{ readonly changed_at: number } | null>;
  /**
   * Removes the secret. Returns what is left of it there, as warnings. Throws `refused` before it changes
   * anything. Absent: the place cannot.
   */
  erase?(): Promise<readonly string[]>;
}

/**
 * What of the caller's surroundings becomes part of a place, so that nothing depends on the shell that is
 * open later.
 */
export interface ParseContext {
  /** Relative paths begin here. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A kind of place. */
export interface PlaceKind {
  /** The word before the colon in `--to`. */
  readonly id: string;
  readonly title: string;
  /** Such as `file:PATH#NAME`. */
  readonly syntax: string;
  readonly examples: readonly string[];
  /** Where each fact about its program or API comes from; absent for what needs none. */
  readonly sources?: readonly string[];
  /** Whether a roll delivers here again by itself. */
  readonly remembered: boolean;
  /** Whether it exists on this machine and for this user only. */
  readonly local: boolean;
  /**
   * `variables`: each part of a secret in a variable of its own; `value`: one value, a pair as JSON;
   * `credential`: the whole secret, without names.
   */
  readonly holds: 'variables' | 'value' | 'credential';
  /** Reads what follows the colon. Throws `usage`. */
  parse(rest: string, context: ParseContext): Omit<Place, 'kind' | 'address'>;
  /** What follows the colon, in full. */
  address(place: Omit<Place, 'address'>): string;
  /** Throws `usage` for a name that it cannot have. */
  checkName?(name: string): void;
  open(place: Place, context: PlaceContext): OpenPlace;
}

/** A secret's parts with the names that they go by. Throws `usage` if there are fewer names than parts. */
export function namedParts(
  credential: Credential,
  names: readonly string[],
): ReadonlyArray<readonly [string, string]> {
  const parts = 'secret' in credential ? [credential.secret] : [credential.api_key, credential.secret_key];
  return parts.map((part, i) => {
    const name = names[i];
    if (name !== undefined) return [name, part];
    throw new KeysError('usage', 'this key is a pair, and only one variable is named for it', {
      hint: 'name both: #ID,SECRET',
    });
  });
}

/** A secret as one value: a pair is JSON. */
export function asOneValue(credential: Credential): string {
  return 'secret' in credential ? credential.secret : JSON.stringify(credential);
}

/** Splits `PATH#NAME` or `PATH#ID,SECRET` at its last `#`. Without one there are no names yet. */
export function splitNames(text: string): { readonly rest: string; readonly names: readonly string[] } {
  const at = text.lastIndexOf('#');
  if (at === -1) return { rest: text, names: [] };
  const names = text.slice(at + 1).split(',');
  if (names.length > 2 || names.some((name) => name === '')) {
    throw new KeysError('usage', `not a variable, or two for a pair: ${JSON.stringify(text.slice(at))}`, {
      hint: 'such as #WEB_API_KEY, or #WEB_KEY_ID,WEB_KEY_SECRET',
    });
  }
  return { rest: text.slice(0, at), names };
}

/** `#NAME` or `#ID,SECRET`; nothing if there are no names. */
export function namesText(names: readonly string[]): string {
  return names.length === 0 ? '' : `#${names.join(',')}`;
}
