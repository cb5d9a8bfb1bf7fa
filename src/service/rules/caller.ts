import type { Clock } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import type { Authentication, AuthenticationFacts } from '../authenticate.js';
import type { LimitCounter } from '../limit-counter.js';
import type { Policy } from '../policies/policy.js';
import type { Principal } from '../principal.js';
import type { SecretCipher } from '../secret-cipher.js';
import type { KeyRow, KeyStore } from '../store/key-store.js';

/** What happened to a key. */
export type KeyEvent = 'key.created' | 'key.rolled' | 'key.superseded' | 'key.revoked';

/**
 * Called after a change is on the disk. `secretKey` is the signing half of a pair; null for a single secret.
 */
export type OnKeyEvent = (event: KeyEvent, key: Key, secretKey: string | null) => void;

/** What the rules work with. */
export interface RulesContext {
  readonly store: KeyStore;
  readonly clock: Clock;
  /** The database's; keys that manage keys have their own. */
  readonly policy: Policy;
  readonly cipher: SecretCipher | undefined;
  /** With the whole record. */
  readonly check: (secret: string, facts: AuthenticationFacts) => Promise<Authentication<KeyRow>>;
  readonly limitCounter: LimitCounter;
  readonly tell: (event: KeyEvent, row: KeyRow) => void;
}

/** What the rules work with for one caller. */
export interface Caller extends RulesContext {
  readonly principal: Principal;
  /** Throws `not_found`, also for a key of another owner than `owner` (null: any). */
  find(id: string, owner?: string | null): Promise<KeyRow>;
}

export function callerOf(principal: Principal, means: RulesContext): Caller {
  return {
    ...means,
    principal,
    async find(id, owner = null) {
      // PostgreSQL fails on a NUL in a text, where SQLite finds nothing.
      const row = id.includes('\0') ? null : await means.store.byId(id);
      // Of a key of somebody else, the caller does not learn that it exists.
      if (row !== null && (owner === null || row.owner === owner)) return row;
      throw new KeysError('not_found', `no such key: ${id}`, { details: { key_id: id } });
    },
  };
}
