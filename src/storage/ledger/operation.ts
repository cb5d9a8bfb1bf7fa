import type { Key } from '../../domain/key.js';
import type { CreateKey } from '../../domain/key-service.js';
import type { KeptPlace, ManagedKey } from '../../domain/managed-key.js';

/** Where an operation's requests go, so that another process can continue it later. Holds no credential. */
export interface OperationTarget {
  readonly provider: string;
  readonly profile: string | null;
  readonly baseUrl: string | null;
  readonly policy?: string;
  readonly set: Readonly<Record<string, string>>;
  readonly useEnvironmentKey: boolean;
  /**
   * The account of `keys.yaml` that the operation was begun for: its credential may be in a variable of its
   * own.
   */
  readonly account?: string;
}

/** One place that gets the secret, and whether it has it. */
export interface Delivery {
  readonly place: Omit<KeptPlace, 'delivered'>;
  /** False for a place of this call only, such as stdout: the key does not remember it. */
  readonly remembered: boolean;
  readonly delivered: boolean;
}

/** How an old key ends after a roll. */
export interface Retirement {
  readonly id: string;
  readonly name: string;
  /** Milliseconds for which it works on, counted from the moment at which every place has the new secret. */
  readonly grace_ms: number;
  /** Epoch milliseconds; null until the grace has started. */
  readonly at: number | null;
  /**
   * Epoch milliseconds since which a use of it counts as a use after the delivery; null until the grace has
   * started.
   */
  readonly since: number | null;
  /** Whether the provider may end it: by an expiry that is set on it. */
  readonly settable: boolean;
}

/** A request that creates a key, or rolls one at the provider. */
type OperationRequest =
  | { readonly create: CreateKey }
  | {
      readonly roll: string;
      readonly grace_seconds?: number;
      /** Expiry of the successor, of a roll in a dashboard. Absent: after the same lifetime; null: never. */
      readonly expires_at?: string | null;
      readonly name: string;
    };

/**
 * A create or roll that is not finished, written down before its request is sent. It holds the idempotency
 * key, which opens the response only together with the credential; never a secret.
 */
export interface Operation {
  readonly id: string;
  readonly kind: 'create' | 'roll';
  /** Id of the managed key; its lease is the operation's. */
  readonly managed: string;
  /** The managed key as it will be, of a create; null: it is in the ledger already. */
  readonly draft: ManagedKey | null;
  readonly name: string;
  readonly target: OperationTarget;
  /** Fingerprint of the credential that it was begun with; null or absent: none is needed, or not known. */
  readonly credential?: string | null;
  /** Address in the ledger: `embedded`, `dashboard` or the base URL. */
  readonly address: string;
  readonly idempotencyKey: string;
  /** Whether repeating the request returns the same response. */
  readonly idempotent: boolean;
  /**
   * Whether the roll keeps the id, so that repeating it replaces the secret once more and does nothing else.
   */
  readonly inPlace: boolean;
  /** Whether the old key is revoked before the new one is created. */
  readonly revokeFirst: boolean;
  readonly request: OperationRequest;
  /** The key that was created; null until a response has come. */
  readonly key: Key | null;
  /** The old key before the roll. */
  readonly previous: Key | null;
  /**
   * Where the secret is until it is delivered: `ledger`, or a keychain item; null where the service replays
   * it.
   */
  readonly escrow: string | null;
  readonly deliveries: readonly Delivery[];
  /** Whether the new secret is tried before the old key's grace starts. */
  readonly verify: boolean;
  readonly retire: Retirement | null;
  /**
   * End of the old key before the roll, as ISO 8601; null: it had none. Absent: not known, or there is no old
   * key.
   */
  readonly previousEnd?: string | null;
  /** Ids of every key that was there before the request; null where the keys could not be listed. */
  readonly census: readonly string[] | null;
  /**
   * Epoch milliseconds at which its request was sent last, by the ledger's clock. Absent: never, or by a
   * version before.
   */
  readonly sent_at?: number;
  /**
   * Epoch milliseconds of the first full list after a lost response in which no new key was found; null: none
   * yet.
   */
  readonly absent_since: number | null;
  /**
   * `intended`: nothing was sent. `sent`: the request may have arrived. `created`: a response has come.
   * `delivered`: every place has the secret, and it was tried. `retiring`: the old key waits for its end.
   */
  readonly step: 'intended' | 'sent' | 'created' | 'delivered' | 'retiring';
  /** It is being undone: its key is revoked, and nothing is delivered any more. */
  readonly aborted?: true;
  readonly created_at: number;
  /**
   * Epoch milliseconds by the service's clock from which the lifetime in the request was counted. Absent: it
   * was counted from `created_at`, as where the clock of the machine was not known to be wrong.
   */
  readonly counted_from?: number;
}

/**
 * The key whose secret a roll has replaced while its id stayed, so that revoking one revokes the other; null:
 * there is none.
 */
export function rolledInPlace({ key, previous }: Pick<Operation, 'key' | 'previous'>): Key | null {
  return key !== null && key.id === previous?.id ? key : null;
}

/**
 * When the old key ends because the service has rolled it, as ISO 8601; null: the roll has not set its end.
 */
export function endByRoll(operation: Operation): string | null {
  const { key, previous, previousEnd, request } = operation;
  if (key === null || previous === null || !('roll' in request) || previous.id === key.id) return null;
  return previous.expires_at && previous.expires_at !== previousEnd ? previous.expires_at : null;
}

/** Whether more is left of an operation than the old key's end. */
export function isUnfinished({ step }: Pick<Operation, 'step'>): boolean {
  return step !== 'retiring' && step !== 'delivered';
}

/**
 * Whether a roll has its new key, and a place still waits for the secret: what reads at that place uses the
 * old key. False for a roll that is being undone, and for one that keeps the id.
 */
export function isRollThatWaits(operation: Operation): operation is Operation & { key: Key; previous: Key } {
  const { kind, key, previous, aborted, deliveries } = operation;
  return (
    kind === 'roll' &&
    isUnfinished(operation) &&
    aborted !== true &&
    key !== null &&
    previous !== null &&
    key.id !== previous.id &&
    deliveries.some(({ delivered }) => !delivered)
  );
}

/** The labels of the places that wait for an operation's secret. */
export function waitingPlaces({ deliveries }: Pick<Operation, 'deliveries'>): string[] {
  return deliveries.filter(({ delivered }) => !delivered).map(({ place }) => place.label);
}

/** When a key ends by itself, in epoch milliseconds; infinite for one without an end. */
export function endOf({ expires_at }: Pick<Key, 'expires_at'>): number {
  return expires_at ? Date.parse(expires_at) : Number.POSITIVE_INFINITY;
}
