import type { KeyService } from '../../domain/key-service.js';
import type { Policy } from '../policies/policy.js';

/** A finding of the audit, as the console shows it. */
export interface ConsoleFinding {
  readonly severity: 'high' | 'medium' | 'low';
  readonly rule: string;
  readonly message: string;
  /** Null for a finding that is about no single key. */
  readonly key: { readonly id: string; readonly name: string } | null;
  /** The command that fixes it; null: there is none. */
  readonly fix: string | null;
}

export interface ConsoleAudit {
  /** Keys that were looked at. */
  readonly keys: number;
  /** Every finding, also those that are not among `findings`. */
  readonly counts: Readonly<Record<ConsoleFinding['severity'], number>>;
  /** Those of one page, worst first. */
  readonly findings: readonly ConsoleFinding[];
}

/** Which findings a page shows: `count` of them, after the `from` worst. */
export interface AuditRange {
  readonly from: number;
  readonly count: number;
}

/**
 * Audits the keys of one service. `counted` gets the number of keys that were judged so far, from time to
 * time.
 */
export type ConsoleAudits = (range: AuditRange, counted: (keys: number) => void) => Promise<ConsoleAudit>;

/**
 * Makes the audits of a service that follows this policy. No fix revokes or limits the key that is signed in.
 */
export type AuditsOfPolicy = (
  service: KeyService,
  policy: Pick<Policy, 'id' | 'title' | 'restrictions'>,
  ownKeyId: string,
) => ConsoleAudits;
