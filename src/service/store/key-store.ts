import type { ListEvents } from '../../domain/audit-event.js';
import type { KeyType } from '../../domain/key.js';
import type { KeyLimits } from '../../domain/key-limits.js';
import type { ListKeys } from '../../domain/key-service.js';
import type { Restrictions } from '../../domain/restrictions.js';
import type { AuditRow, By } from './audit-trail.js';
import type { Cuts } from './retention.js';
import type { EncryptionKeyChecks } from './settings.js';

/**
 * A key at rest. Times are epoch milliseconds. Of the secret there is a digest (see `STORED_DIGEST`), the
 * prefix and the last four.
 */
export interface KeyRow {
  readonly id: string;
  readonly digest: string;
  readonly name: string;
  readonly type: KeyType;
  readonly environment: string;
  readonly service: string | null;
  readonly prefix: string;
  readonly hint: string;
  readonly scopes: readonly string[];
  readonly restrictions: Restrictions;
  readonly limits: KeyLimits;
  readonly owner: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly created_at: number;
  readonly last_used: number | null;
  readonly expires_at: number | null;
  readonly revoked_at: number | null;
  /** Since when the key is paused; null: it is not. */
  readonly paused_at: number | null;
  readonly rolled_from: string | null;
  readonly rolled_to: string | null;
  /** Of a pair: the half that signs, encrypted; null for one secret. */
  readonly sealed_secret_key: string | null;
}

/** What of a key says whether it is good: read for every request, so no more than that. */
export type CheckedKey = Pick<
  KeyRow,
  | 'id'
  | 'digest'
  | 'type'
  | 'environment'
  | 'service'
  | 'scopes'
  | 'restrictions'
  | 'limits'
  | 'owner'
  | 'expires_at'
  | 'revoked_at'
  | 'paused_at'
  | 'rolled_to'
  | 'sealed_secret_key'
>;

/** How often a key was used and refused. */
export interface DayCounts {
  readonly uses: number;
  readonly refusals: number;
}

export interface DayUsage extends DayCounts {
  /** Addresses that used a live key for the first time. */
  readonly new_addresses: number;
  /** Days since 1970-01-01, UTC. */
  readonly day: number;
}

/**
 * Uses of a key in one window of a limit. Times are epoch milliseconds; of a limit on all uses both are 0.
 */
export interface LimitCount {
  readonly key_id: string;
  readonly kind: keyof KeyLimits;
  readonly start: number;
  readonly end: number;
  readonly used: number;
}

/**
 * What recognises a repeated request, and, until it is dropped, what only the sender of the request can open.
 */
export interface OneTimeResponse {
  /** Derived from the idempotency key, which is stored nowhere. */
  readonly digest: string;
  readonly principal: string;
  readonly route: string;
  readonly body_digest: string;
  readonly key_id: string;
  readonly created_at: number;
  readonly sealed: { readonly nonce: string; readonly ciphertext: string } | null;
}

export type KeyRowChanges = Partial<
  Pick<
    KeyRow,
    | 'name'
    | 'service'
    | 'expires_at'
    | 'scopes'
    | 'restrictions'
    | 'limits'
    | 'owner'
    | 'metadata'
    | 'paused_at'
  > & {
    /** The key is not rolled any more: its successor was revoked. */
    readonly rolled_to: null;
  }
>;

/** The request for a new key. */
export interface Asked {
  /** `owner`, or the id of the key that asks. */
  readonly actor: string;
  /** What a repeat of the request gets; null: it cannot be repeated. */
  readonly response: OneTimeResponse | null;
}

/**
 * Thrown where another request with the same idempotency digest was committed first; nothing of this one was.
 */
export class RepeatedRequest extends Error {
  override readonly name = 'RepeatedRequest';
}

/**
 * Is given the active keys that can manage keys, in the transaction that changes one of them, and throws
 * where the change must not be. Such changes wait for each other, so that two of them never see each other's
 * key as the one that is left.
 */
export type ManagementGuard = (keys: readonly KeyRow[]) => void;

/**
 * Is given the checks of the database's encryption key in the transaction that adds a pair, and throws where
 * the pair is encrypted under another one. The key cannot change before that transaction ends.
 */
export type EncryptionKeyGuard = (checks: EncryptionKeyChecks) => void;

/**
 * Is given the owner of a pair that works and that a new pair would end, in the transaction that adds the new
 * one, and throws where the caller may not end it.
 */
export type SupersedeGuard = (owner: string | null) => void;

/**
 * Rows and their changes, each change one transaction with what the audit trail says of it; who asked for an
 * insert or a succession is the response's principal. Which change is allowed is the rules' to say, but for
 * races.
 */
export interface KeyStore {
  byId(id: string): Promise<KeyRow | null>;
  byDigest(digest: string): Promise<KeyRow | null>;
  checkedByDigest(digest: string): Promise<CheckedKey | null>;
  /** Whether a key has this stored digest. */
  hasDigest(digest: string): Promise<boolean>;
  /**
   * Stored digests of bcrypt, of keys with one of these prefixes and this hint or none; the longest prefix
   * first.
   */
  bcryptDigests(prefixes: readonly string[], hint: string): Promise<string[]>;
  /** Keys with digests of HMAC that are not revoked, oldest first. */
  hmacDigests(): Promise<
    ReadonlyArray<{ readonly id: string; readonly name: string; readonly digest: string }>
  >;
  /** Changes the stored digest of a key, if it is still `from` and no other key has `to`. */
  upgradeDigest(id: string, from: string, to: string): Promise<void>;
  /**
   * Newest first, `limit` at most; `now` decides what has expired. Throws `invalid_request` for a cursor that
   * is not ours.
   */
  page(
    query: ListKeys & { readonly limit: number },
    now: number,
  ): Promise<{ rows: KeyRow[]; next_cursor: string | null }>;
  /**
   * With `supersede`, ends in the same transaction the pairs of the row's service and environment that are
   * still good, and returns their ids; it is called with the owner of each, and what it throws stops all.
   * Throws `RepeatedRequest`.
   */
  insert(
    row: KeyRow,
    asked: Asked,
    options?: { readonly supersede?: SupersedeGuard; readonly encryptionKey?: EncryptionKeyGuard },
  ): Promise<readonly string[]>;
  /**
   * Commits successor, response and the old key's end together. False where the old key was no longer there
   * to roll (revoked, expired, paused or rolled in between). Throws `RepeatedRequest`.
   */
  succeed(
    old: { id: string; expires_at: number; now: number },
    successor: KeyRow,
    asked: Asked,
    encryptionKey?: EncryptionKeyGuard,
  ): Promise<boolean>;
  /**
   * False where there is no such key any more: none, a revoked one, or one whose roll gave it an earlier end
   * than this.
   */
  update(id: string, changes: KeyRowChanges, by: By, guard?: ManagementGuard): Promise<boolean>;
  /** Revokes the key and drops its sealed responses; a key that is revoked keeps its first time. */
  revoke(id: string, by: By, guard?: ManagementGuard): Promise<void>;
  /** Last uses by id, merged: never backwards. */
  recordUses(uses: ReadonlyMap<string, number>): Promise<void>;
  /**
   * Adds to the counts of a day (since 1970) by key id, and adds events. Returns the ids of the events that
   * are new.
   */
  recordActivity(
    day: number,
    counts: ReadonlyMap<string, DayCounts>,
    events: readonly AuditRow[],
  ): Promise<string[]>;
  /** The days of a key, from this one on, that have counts; newest first. */
  usage(id: string, since: number): Promise<DayUsage[]>;
  /** What is counted of a key's limits, in all windows that are kept. */
  limitCounts(keyId: string): Promise<LimitCount[]>;
  /** Adds uses, all or none. Returns the new total of each, in the same order. */
  addLimitCounts(counts: readonly LimitCount[]): Promise<number[]>;
  /**
   * The audit trail, newest first, `limit` at most. Throws `invalid_request` for a cursor that is not ours.
   */
  events(
    query: ListEvents & { readonly limit: number },
  ): Promise<{ rows: AuditRow[]; next_cursor: string | null }>;
  response(digest: string): Promise<OneTimeResponse | null>;
  /**
   * Drops what was sealed under this digest, because its secret has arrived. The digest stays until retention
   * deletes it.
   */
  dropSealed(digest: string, at: number): Promise<void>;
  /** Drops everything sealed before `before`. */
  dropSealedBefore(before: number): Promise<void>;
  /** See `retention`. */
  deleteBatch(cuts: Cuts): Promise<boolean>;
  /** Takes what was dropped out of the database's log files too. */
  eraseDropped(): Promise<void>;
  setting(name: string): Promise<string | null>;
  /** Keeps a value where there is none yet, and returns the one that is kept. */
  putSettingOnce(name: string, value: string): Promise<string>;
  /** Sets a value, whatever was kept. */
  putSetting(name: string, value: string): Promise<void>;
  /** Keys with a signing half that are not revoked, oldest first. */
  pairs(): Promise<ReadonlyArray<{ readonly id: string; readonly name: string }>>;
  /** Whether there was never a key. */
  isEmpty(): Promise<boolean>;
  /** Whether there is, or ever was, a key that may write keys. */
  hasManagementKey(): Promise<boolean>;
  /** Whether a key that may write keys works at this time. */
  canBeManaged(now: number): Promise<boolean>;
  /** The database's own clock in epoch milliseconds; null: it is this machine's. */
  now(): Promise<number | null>;
  /** Throws where the database does not respond, or its files are gone. */
  ping(): Promise<void>;
  /** See `SqlDatabase`. */
  requireInPlace(): void;
  close(): Promise<void>;
}
