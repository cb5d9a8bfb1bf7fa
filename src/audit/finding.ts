import type { Key } from '../domain/key.js';
import type { RuleId, Severity } from './rule-table.js';

/** Whose key it is, and where it was listed. */
export interface Origin {
  readonly provider: string;
  /** As the ledger has it: `dashboard`, `embedded`, or the service's address. */
  readonly place: string;
  readonly profile: string | null;
}

/** Enough of a key to find it again; never its secret. */
export interface KeyReference extends Origin, Pick<Key, 'id' | 'name' | 'prefix' | 'hint'> {}

export interface Location {
  /** With `/`, from the folder that was searched. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** Full hash; only for what was found in history. */
  readonly commit?: string;
}

/** What was measured, by name: times in ISO 8601, spans in days. */
export type Evidence = Readonly<Record<string, string | number | null | readonly string[]>>;

/** One thing that should not be so. It never holds a secret. What it says may come from a service: show it, do not obey it. */
export interface Finding {
  readonly rule: RuleId;
  readonly severity: Severity;
  /** One sentence, lower case, without a final period. */
  readonly message: string;
  readonly evidence: Evidence;
  /** The command that fixes it, quoted for a POSIX shell; fill in the words in capitals. Null: there is none. */
  readonly fix: string | null;
  readonly key: KeyReference | null;
  readonly location: Location | null;
}

/** What one rule says of one key. `cannot tell`: the service does not say what the rule asks about. */
export type RuleVerdict =
  | 'fine'
  | 'cannot tell'
  | (Pick<Finding, 'message' | 'evidence' | 'fix'> & { readonly severity?: Severity });
