import type { Account, SeenKey } from './accounts.js';
import type { PlaceName } from './places.js';

/**
 * A key as a person thinks of it: an account and a name. The commands that the program got, and their
 * results.
 */
export interface ManagedKey {
  readonly account: Account;
  /** Its name now: an update may change it. */
  name: string;
  /** A name that an update gave it at its service, without saying that it was done. */
  otherName: string | null;
  /**
   * `account/name` at the beginning, with a number where another key was named so; names its command's file.
   */
  readonly owner: string;
  /** Each place that may have its secret: the program was asked to deliver there. */
  readonly places: Set<PlaceName>;
  /** Those that the program has accepted: it ended with 0, or with 9. */
  readonly promised: Set<PlaceName>;
  /** Places that it was asked to remember for the next roll. */
  readonly added: Set<PlaceName>;
  /** Places that it was asked to forget: the secret that is there stays, and ends with its version. */
  readonly released: Set<PlaceName>;
  /** What was pending was dropped on request: where its secret is, is nobody's business any more. */
  dropped: boolean;
  /** Old versions that a program used after their successor was delivered; true: a command has noticed. */
  readonly uses: Map<string, boolean>;
  /** It was asked to pause the key, and has said that it did. */
  paused: boolean;
  /** Versions that it was asked to pause by their ids. */
  readonly pausedIds: Set<string>;
  /** It was asked to revoke the key. */
  ended: boolean;
  /** It was asked to stop the old version before the new one has arrived. */
  mayStop: boolean;
  /** Whether the last command on it was done: its exit code was 0. */
  settled: boolean;
  /** Ends that were asked for, by id of the version: when it was made, or by an update. */
  readonly naturalEnds: Map<string, number | null>;
}

/** Whose a key at a service is; `stranger` also for what nobody asked this program for. */
type Owner = ManagedKey | 'stranger';

export type Snapshot = ReadonlyMap<string, ReadonlyMap<string, SeenKey>>;

/** What the walk knows beside what the services and places say. */
export interface Model {
  readonly keys: Map<string, ManagedKey>;
  readonly owners: Map<string, Owner>;
  /** Each secret that a service gave to the program. */
  readonly secrets: Map<string, { readonly account: Account; readonly id: string }>;
  /** Secrets that a command printed on stdout because it was asked to. */
  readonly printed: Set<string>;
  /** Keys for one run, by account and id. */
  readonly ephemeral: Set<string>;
  /** Everything that commands reported. */
  reports: string;
}

export function newModel(): Model {
  return {
    keys: new Map(),
    owners: new Map(),
    secrets: new Map(),
    printed: new Set(),
    ephemeral: new Set(),
    reports: '',
  };
}

/** A name as the account's service stores it: where that is in lower case, Web is the key web. */
export const storedAt = ({ kind }: Account, name: string) =>
  kind?.names === 'normalised' ? name.toLowerCase() : name;

export function managedKey(model: Model, account: Account, name: string): ManagedKey {
  const stored = storedAt(account, name);
  const here = [...model.keys.values()].filter((one) => one.account === account);
  let key =
    here.find((one) => storedAt(account, one.name) === stored) ??
    here.find(({ otherName }) => otherName === stored);
  if (key === undefined) {
    // A key that was renamed keeps what it was called after.
    const renamed = here.filter(({ owner }) => owner.replace(/ \(\d+\)$/, '') === `${account.id}/${stored}`);
    const owner = `${account.id}/${stored}${renamed.length === 0 ? '' : ` (${renamed.length + 1})`}`;
    key = {
      account,
      name: stored,
      otherName: null,
      owner,
      places: new Set(),
      promised: new Set(),
      added: new Set(),
      released: new Set(),
      dropped: false,
      uses: new Map(),
      paused: false,
      pausedIds: new Set(),
      ended: false,
      mayStop: false,
      settled: true,
      naturalEnds: new Map(),
    };
    model.keys.set(owner, key);
  }
  return key;
}

export async function snapshot(accounts: readonly Account[]): Promise<Snapshot> {
  const entries = await Promise.all(
    accounts.map(
      async (account) => [account.id, new Map((await account.keys()).map((key) => [key.id, key]))] as const,
    ),
  );
  return new Map(entries);
}

/** The secrets that a text has, of those that a service gave to the program. */
export function secretsIn(model: Model, text: string): string[] {
  return [...model.secrets.keys()].filter((secret) => text.includes(secret));
}
