import type { Clock } from '../../domain/clock.js';
import type { Key } from '../../domain/key.js';
import type { KeyService } from '../../domain/key-service.js';
import type { Account, ManagedKey } from '../../domain/managed-key.js';
import type { Provider } from '../../domain/provider.js';
import type { Ledger } from '../../storage/ledger/ledger.js';

/** A key as the service tells it, and what the ledger knows of it. */
export interface ResolvedKey {
  readonly key: Key;
  readonly managed: ManagedKey | null;
  /** `prefix`: accepted on a terminal only, where the caller asks first. */
  readonly by: 'id' | 'name' | 'prefix';
  /** The vendor no longer has the key; `key` is what the ledger remembers. */
  readonly gone?: true;
  /**
   * Working keys that the service links to this one by rolls. Absent: none, or they are versions of
   * `managed`.
   */
  readonly linked?: readonly Key[];
}

export interface Lookup {
  readonly service: KeyService;
  readonly provider: Pick<Provider, 'lists' | 'names' | 'settling' | 'shows' | 'title'>;
  readonly account: Account;
  readonly ledger: Pick<Ledger, 'managed'>;
  readonly clock: Clock;
  /** Whether a prefix may name a key: only where a person is asked. */
  readonly prefixes: boolean;
  /** Asks a person which of several keys is meant that begin with the reference; returns its id. */
  readonly choose?: (keys: readonly Key[]) => Promise<string>;
  /**
   * Whether a key that the vendor no longer has is returned, so that it can be forgotten; otherwise it is
   * refused.
   */
  readonly gone?: boolean;
  /** Gets a key of the ledger that the vendor no longer has, before that is an error. */
  readonly onGone?: (gone: ResolvedKey) => Promise<void>;
  /** Whether `linked` is looked for, which may take a request for each key of the chain. */
  readonly linked?: boolean;
  /**
   * Writes versions that were rolled elsewhere into the ledger; see `takeInRolls`. Absent: the ledger stays
   * as it is.
   */
  readonly takeIn?: (managed: ManagedKey, chain: readonly Key[]) => Promise<ManagedKey>;
}
