import type { Key } from '../../domain/key.js';
import type { CreateKey } from '../../domain/key-service.js';

/** Where an operation's calls go, so that it can be taken up later, by another process. Holds no credential. */
export interface OperationTarget {
  readonly provider: string;
  readonly profile: string | null;
  readonly baseUrl: string | null;
  readonly policy?: string;
  readonly set: Readonly<Record<string, string>>;
  readonly useEnvironmentKey: boolean;
}

/** One destination as data (`DestinationPlan`), and whether it has its secret. */
interface OwedDelivery {
  readonly plan: Readonly<Record<string, unknown>>;
  readonly label: string;
  readonly delivered: boolean;
}

/** What ends an old key: a time, or (null) nothing but a later word. */
interface Retirement {
  readonly id: string;
  readonly name: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/**
 * A create or roll that is under way, written down before its request is sent. It holds the idempotency key, which opens
 * the answer only together with the credential; never a secret.
 */
export interface Operation {
  readonly id: string;
  readonly kind: 'create' | 'roll';
  readonly target: OperationTarget;
  readonly place: string;
  readonly idempotencyKey: string;
  /** Whether the service recognises a repeat by it. */
  readonly idempotent: boolean;
  /** What is asked for: a new key, or a roll of an old one. */
  readonly request:
    | { readonly create: CreateKey }
    | { readonly roll: string; readonly grace_seconds?: number; readonly name: string };
  /** The key that was made; null as long as no answer has come. */
  readonly key: Key | null;
  /** The old key as the service left it, of a roll. */
  readonly previous: Key | null;
  /** Keychain item that holds the answer until every delivery is made; null where the service keeps it. */
  readonly escrow: string | null;
  readonly deliveries: readonly OwedDelivery[];
  /** Whether the new secret is tried before the old key ends. */
  readonly verify: boolean;
  readonly retire: Retirement | null;
  /** `delivered`: all is handed over and tried; `retiring`: what was kept is dropped, and the old key ends at its time. */
  readonly step: 'intended' | 'sent' | 'minted' | 'delivered' | 'retiring';
  readonly created_at: number;
}

export interface OwnedOperation {
  readonly operation: Operation;
  /** Process that works on it; null: none. */
  readonly owner: number | null;
}

/** The key to which a roll has given another secret and left its id, so that what ends the one ends the other; null: there is none. */
export function rolledInPlace({ key, previous }: Pick<Operation, 'key' | 'previous'>): Key | null {
  return key?.id === previous?.id ? key : null;
}
