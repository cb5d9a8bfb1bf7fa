import type { Clock } from '../../domain/clock.js';
import type { CreatedKey, Credential, Key } from '../../domain/key.js';
import type { KeyService } from '../../domain/key-service.js';
import type { LiveCheckResult } from '../../domain/live-check-result.js';
import type { Provider } from '../../domain/provider.js';
import type { Wording } from '../../domain/words.js';
import type { Whose } from '../../places/place.js';
import type { LeaseHolder, Leases } from '../../storage/ledger/leases.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import type { Delivery } from '../../storage/ledger/operation.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import type { SuccessorRules } from '../roll/successor-rules.js';
import type { Census } from './census.js';
import type { Escrow } from './escrow.js';

/** A place, opened: what a delivery needs of it. */
export interface DeliveryPlace {
  readonly label: string;
  /** Where it is, if its address does not say it: see `Whose`. */
  whose?(): Promise<Whose>;
  /** Delivering twice leaves what delivering once does. */
  deliver(credential: Credential): Promise<void>;
  /** The credential that is there, where it can be read back; null where there is none or it cannot. */
  holds?(): Promise<Credential | null>;
}

/** The key whose secret is delivered. */
export interface ShownKey {
  readonly created: CreatedKey;
  readonly previous: Key | null;
  /** Name of the managed key; its vendor may have another one for this version. */
  readonly name: string;
}

/** What a key's operations need of one account's connection. */
export interface Means {
  readonly ledger: Ledger;
  readonly leases: Leases;
  readonly holder: LeaseHolder;
  /** Whether a program on this machine has ended without releasing its lease. */
  readonly isGone: (holder: LeaseHolder) => boolean;
  readonly service: KeyService;
  readonly provider: Provider;
  /** Of the service, which may follow the policy of `provider` and still keep more. */
  readonly successorRules: SuccessorRules;
  /** Whether the service runs in this process: what it refuses was not done. */
  readonly embedded: boolean;
  /** Fingerprint of the credential in use; null where none is needed. */
  readonly fingerprint: string | null;
  readonly escrow: Escrow;
  /** Of the account, once for all keys of this run. */
  readonly census: Census;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  readonly every: LifecycleContext['every'];
  readonly minutesAhead: LifecycleContext['minutesAhead'];
  readonly newIdempotencyKey: () => string;
  /** Null: the place cannot be reached from this call, and stays pending. */
  readonly open: (place: Delivery['place'], shown: ShownKey) => Promise<DeliveryPlace | null>;
  /**
   * Whether this call reaches the place, which would take a secret. Throws what the place throws if it would
   * not.
   */
  readonly probe: (place: Delivery['place']) => Promise<boolean>;
  /** Tries the new secret. */
  readonly check: (credential: Credential) => Promise<LiveCheckResult>;
  warn(message: Wording): void;
}
