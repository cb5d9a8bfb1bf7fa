/**
 * The words of the whole program: keys, the `KeyService` contract, errors, restrictions, secret formats and
 * times, without I/O. Every room may import any file of it; it imports no other room.
 */

import type { EventPage, ListEvents } from './audit-event.js';
import type { CreatedKey, Credential, Key, KeyStatus, KeyType, OptionValues, RolledKey } from './key.js';
import type { KeyLimits } from './key-limits.js';
import type { Restrictions } from './restrictions.js';

export interface CreateKey {
  readonly name: string;
  /** Default `secret`. */
  readonly type?: KeyType;
  /** Default `live`. */
  readonly environment?: string;
  readonly service?: string | null;
  /** ISO 8601; null or absent: no expiry. */
  readonly expires_at?: string | null;
  readonly scopes?: readonly string[];
  readonly restrictions?: Restrictions;
  readonly limits?: KeyLimits;
  /** Whose key it is: a person, a team, a customer. */
  readonly owner?: string | null;
  readonly metadata?: Readonly<Record<string, string>>;
  /** The provider's own create fields (`Provider.options`). */
  readonly options?: OptionValues;
}

/** Only what is present changes; null clears. */
export interface UpdateKey {
  readonly name?: string;
  readonly service?: string | null;
  readonly expires_at?: string | null;
  readonly scopes?: readonly string[];
  readonly restrictions?: Restrictions;
  readonly limits?: KeyLimits;
  readonly owner?: string | null;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly options?: OptionValues;
}

export interface ListKeys {
  /** Most keys in one page; 1 to 1000, default 100. */
  readonly limit?: number;
  /** Where the page before ended (`next_cursor`). */
  readonly cursor?: string;
  /** `*` stands for any run of characters; otherwise the exact name. Case counts. */
  readonly name?: string;
  /** Any of these; absent: all. */
  readonly status?: readonly KeyStatus[];
  readonly type?: KeyType;
  readonly environment?: string;
  readonly service?: string;
  readonly owner?: string;
  /** Such as `team=web`: has this note, with this value. */
  readonly metadata?: string;
}

/** Newest first. */
export interface KeyPage {
  readonly keys: readonly Key[];
  /** Null on the last page. */
  readonly next_cursor: string | null;
}

export interface RollKey {
  /** Seconds for which the old key goes on working; 0 ends it at once; absent: the provider's own window. */
  readonly grace_seconds?: number;
}

/**
 * A request's circumstances, against which a key's restrictions are checked. A restricted key needs what
 * restricts it.
 */
export interface RequestFacts {
  readonly ip?: string;
  readonly referrer?: string;
  readonly method?: string;
  readonly path?: string;
  readonly scope?: string;
  /** The environment that the request is for: a key of another one is not valid. */
  readonly environment?: string;
}

export interface VerifyKey extends RequestFacts {
  /** The secret; of a pair the half that identifies. */
  readonly key: string;
  /** Of a pair: what its secret half signed, in lower-case hex. */
  readonly signature?: string;
  /** Exactly the text that was signed; default `{}`. */
  readonly signed?: string;
}

export const INVALID_REASONS = [
  'malformed',
  'mistyped',
  'unknown',
  'disabled',
  'revoked',
  'expired',
  'wrong_environment',
  'ip_not_allowed',
  'referrer_not_allowed',
  'endpoint_not_allowed',
  'scope_missing',
  'signature_missing',
  'signature_wrong',
  'rate_limited',
  'quota_exceeded',
  'used_up',
] as const;
export type InvalidReason = (typeof INVALID_REASONS)[number];

export type Verdict =
  | { readonly valid: true; readonly key: Key }
  | { readonly valid: false; readonly reason: InvalidReason; readonly key?: Key };

/** The key that authenticates a caller. */
export interface OwnKey extends Key {
  /** Id of the policy that the service follows, such as `tylt`. Absent: the service does not say. */
  readonly policy?: string;
  /** What keys under this policy have, as the service says it. */
  readonly policy_facts?: PolicyFacts;
}

/** What a service says of the keys under its policy. */
export interface PolicyFacts {
  readonly environments: readonly string[];
  readonly types: readonly string[];
  readonly credential: 'secret' | 'pair';
}

export interface CreationOptions {
  /**
   * At least 256 random bits, base64url; the same key with the same request gets the same response for 24
   * hours.
   */
  readonly idempotencyKey: string;
  /**
   * When the successor expires that a person rolls to in a dashboard; null: never. Absent: after the same
   * lifetime. No other service reads it.
   */
  readonly expires_at?: string | null;
  /**
   * Called as soon as a response has shown the new secret, before any further request of the same operation.
   * It is awaited: save the secret here. The id is empty where the response has none.
   */
  readonly received?: (created: CreatedKey) => Promise<void>;
}

/** How often a key was used and refused on one day (UTC, such as `2027-01-31`). */
export interface KeyDay {
  readonly day: string;
  readonly uses: number;
  readonly refusals: number;
  /** Addresses that used a live key for the first time. Absent: the service does not count them. */
  readonly new_addresses?: number;
}

export interface ForceOptions {
  /** Also where no key would be left that can manage keys. Default false. */
  readonly force?: boolean | undefined;
}

/**
 * The one contract. The rules of a key service implement it locally, the typed HTTP client implements it over
 * the key endpoints, a provider implements it for its vendor. Every failure is a `KeysError`; what a service
 * lacks is `unsupported`.
 */
export interface KeyService {
  create(request: CreateKey, options: CreationOptions): Promise<CreatedKey>;
  list(query: ListKeys): Promise<KeyPage>;
  /** `not_found` where there is no such key. */
  get(id: string): Promise<Key>;
  /** Throws `conflict` where no key would be left that can manage keys, unless forced; `not_found`. */
  update(id: string, changes: UpdateKey, options?: ForceOptions): Promise<Key>;
  /**
   * A successor with the same name, type, scopes and restrictions; the old key ends with its grace, never
   * after its own expiry.
   */
  roll(id: string, request: RollKey, options: CreationOptions): Promise<RolledKey>;
  /**
   * Stops the key until `unpause`; a paused key stays so, without an error. Absent where the provider cannot
   * (`Provider.operations.pause`). Throws `not_found`, and `conflict` for the last key that can manage keys,
   * unless forced.
   */
  pause?(id: string, options?: ForceOptions): Promise<Key>;
  /** Lets a paused key work again; one that works stays so. Throws `not_found`. */
  unpause?(id: string): Promise<Key>;
  /**
   * Revokes the key at once; a key that is revoked already stays so, without an error. Throws `conflict` for
   * the last key that can manage keys, unless forced.
   */
  revoke(id: string, options?: ForceOptions): Promise<void>;
  verify(request: VerifyKey): Promise<Verdict>;
  /** The key that authenticates these calls; null where none does (the embedded service). */
  whoami(): Promise<OwnKey | null>;
  /** Who did what when to which key; `unsupported` where no such record is kept. */
  events(query: ListEvents): Promise<EventPage>;
  /**
   * Uses and refusals of a key by day: of the last `days` days (default 30), those that have any, newest
   * first. Absent where the service does not count them. Throws `not_found`.
   */
  usage?(id: string, days?: number): Promise<readonly KeyDay[]>;
  /**
   * Reads a lost secret again. Absent where the provider cannot (`Provider.recovers`). Throws `not_found`.
   */
  recover?(id: string): Promise<Credential>;
  /**
   * Tells the service that the secret of a create or roll has arrived, so that it drops what it kept for a
   * repeat.
   */
  acknowledge(id: string, options: CreationOptions): Promise<void>;
}
