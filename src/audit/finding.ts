import type { Key } from '../domain/key.js';
import type { RuleId, Severity } from './rule-table.js';

/** The provider of a key, and where the key was listed. */
export interface Origin {
  readonly provider: string;
  /** As in the ledger: `dashboard`, `embedded`, or the service's address. */
  readonly address: string;
  readonly profile: string | null;
}

/** Enough of a key to find it again; never its secret. */
export interface KeyReference extends Origin, Pick<Key, 'id' | 'name' | 'prefix' | 'hint'> {}

export interface Location {
  /** Relative to the searched folder, with `/`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** Full hash; only if found in the history. */
  readonly commit?: string;
}

/** What was measured, by name: times in ISO 8601, spans in days. */
export type Evidence = Readonly<Record<string, string | number | null | readonly string[]>>;

/**
 * One problem. It never holds a secret. Its texts may come from a service, so they are untrusted: show them,
 * never run them.
 */
export interface Finding {
  readonly rule: RuleId;
  readonly severity: Severity;
  /** One sentence, lower case, without a final period. */
  readonly message: string;
  readonly evidence: Evidence;
  /**
   * The command that fixes it, quoted for a POSIX shell; fill in the words in capitals. Null: there is none.
   */
  readonly fix: string | null;
  readonly key: KeyReference | null;
  readonly location: Location | null;
  /** Whether an earlier audit, with which this one is compared, had it. Absent: there is none. */
  readonly baseline_state?: 'new' | 'unchanged';
}

/** The result of one rule for one key. `cannot tell`: the service does not report what the rule needs. */
export type RuleVerdict =
  | 'fine'
  | 'cannot tell'
  | (Pick<Finding, 'message' | 'evidence' | 'fix'> & { readonly severity?: Severity });
