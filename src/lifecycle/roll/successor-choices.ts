import type { Rights } from '../../domain/managed-key.js';

/** What the caller says of the successor; it beats what is known of the old key. */
export interface SuccessorChoices {
  readonly scopes?: readonly string[];
  /** Null: without an expiry. */
  readonly expires_at?: string | null;
  /** Names of the vendor's own options that this call gives (`--set`). */
  readonly options?: readonly string[];
  /** Names of those that only the profile gives: what is known of the old key beats them. */
  readonly defaults?: readonly string[];
  /** Rights that the successor gets in place of the old key's. `expires_at` sets its lifetime. */
  readonly rights?: Omit<Rights, 'lifetime_ms'>;
}
