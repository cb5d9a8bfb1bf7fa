import type { KeyLimits } from './key-limits.js';
import type { Restrictions } from './restrictions.js';

export const KEY_TYPES = ['secret', 'public'] as const;
export type KeyType = (typeof KEY_TYPES)[number];

/** `retiring`: rolled, and still inside its grace. `paused`: does not work until it is unpaused. */
export const KEY_STATUSES = ['active', 'retiring', 'paused', 'expired', 'revoked'] as const;
export type KeyStatus = (typeof KEY_STATUSES)[number];

export const ENVIRONMENTS = ['live', 'test'] as const;

/** Longest name a key may have, in Unicode code points. */
export const MAX_NAME_LENGTH = 200;

/** A value as JSON has it. */
export type OptionValue =
  | string
  | number
  | boolean
  | null
  | readonly OptionValue[]
  | { readonly [member: string]: OptionValue };

/** A vendor's own create fields, by the names that its definition gives them. */
export type OptionValues = Readonly<Record<string, OptionValue>>;

/**
 * A key's record, in the shape of the documented key endpoints (snake_case, ISO 8601 UTC), in memory as on
 * the wire. A field that is absent is unknown; null means none or never. It never holds the secret.
 */
export interface Key {
  readonly id: string;
  readonly name: string;
  readonly type?: KeyType;
  readonly environment?: string | null;
  readonly service?: string | null;
  /** The part of the secret in front of the random part, such as `sk_live_`. */
  readonly prefix?: string;
  /** The secret's last four characters. */
  readonly hint?: string | null;
  readonly status?: KeyStatus;
  readonly scopes?: readonly string[];
  readonly restrictions?: Restrictions;
  /** How often it may be used. */
  readonly limits?: KeyLimits;
  readonly created_at?: string | null;
  readonly last_used?: string | null;
  /**
   * The last use by this program, of a key whose vendor has only a dashboard; null: none is known. Never on
   * the wire.
   */
  readonly last_used_here?: string | null;
  readonly expires_at?: string | null;
  /** Id of the key that this one succeeds. */
  readonly rolled_from?: string | null;
  /** Id of the key that succeeds this one. */
  readonly rolled_to?: string | null;
  readonly metadata?: Readonly<Record<string, string>>;
  /** The vendor's own fields, such as the indexes that a search key may use. */
  readonly options?: OptionValues;
  /** The person or account that the key belongs to, as the vendor names it. */
  readonly owner?: string | null;
}

/** What a server shows once: one secret, or a pair of which one half identifies and the other signs. */
export type Credential =
  | { readonly secret: string }
  | { readonly api_key: string; readonly secret_key: string };

export interface CreatedKey {
  readonly key: Key;
  readonly credential: Credential;
  /**
   * The key exists and its secret is here, but a later step of the operation failed: what failed, without a
   * secret.
   */
  readonly incomplete?: string;
}

export interface RolledKey extends CreatedKey {
  /** The key that was rolled, with the `expires_at` that ends its grace. */
  readonly previous: Key;
}

/** The created key as the endpoints and `--json` print it: the record with its secret beside it. */
export function withCredential(created: CreatedKey): Key & Credential {
  return { ...created.key, ...created.credential };
}

/** The halves of a credential in the order in which they are printed. */
export function credentialParts(credential: Credential): readonly string[] {
  return 'secret' in credential ? [credential.secret] : [credential.api_key, credential.secret_key];
}

/** The part of a credential that names the key: the secret, or the first of a pair. */
export function identifyingPart(credential: Credential): string {
  return 'secret' in credential ? credential.secret : credential.api_key;
}

/** The half of a credential that is a secret: of a pair, the one that signs. */
export function secretPartOf(credential: Credential): string {
  return 'secret' in credential ? credential.secret : credential.secret_key;
}
