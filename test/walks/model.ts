import type { Account, SeenKey } from './accounts.js';
import type { PlaceName } from './places.js';

/**
 * A key as a person thinks of it: an account and a name. The commands that the program got, and their
 * results.
 */
export interface ManagedKey {
  readonly account: Account;
  name: string;
  /** `account/name` at the beginning; names its command's file. */
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
  /** Everything that commands reported. */
  reports: string;
}

export function newModel(): Model {
  return { keys: new Map(), owners: new Map(), secrets: new Map(), printed: new Set(), reports: '' };
}

export function managedKey(model: Model, account: Account, name: string): ManagedKey {
  // Where names are stored in lower case, Web is the key web.
  const owner = `${account.id}/${account.kind?.names === 'normalised' ? name.toLowerCase() : name}`;
  let key = model.keys.get(owner);
  if (key === undefined) {
    key = {
      account,
      name,
      owner,
      places: new Set(),
      promised: new Set(),
      added: new Set(),
      released: new Set(),
      dropped: false,
      uses: new Map(),
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
