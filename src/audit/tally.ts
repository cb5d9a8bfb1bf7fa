import type { UnreadAccount } from '../connect/unread-accounts.js';
import type { FixedFinding, Trend } from './baseline.js';
import type { Finding, KeyReference } from './finding.js';
import type { AuditSource } from './key-rule.js';
import { worstOf } from './recommend.js';
import type { SkipReason } from './repository/found.js';
import { isAtLeast, type RuleId, SEVERITIES, type Severity } from './rule-table.js';

/** A service, the number of its keys, and the error if it could not be audited. */
export interface SourceSummary {
  readonly profile: string | null;
  readonly provider: string | null;
  readonly address: string | null;
  readonly keys: number;
  /** When the credential that the program itself uses there was stored, ISO 8601. Absent: none is stored. */
  readonly credential_stored_at?: string;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** A finding that the config ignores. */
export interface IgnoredFinding extends FixedFinding {
  readonly reason: string;
}

/** Ignored findings that a report names. */
const MOST_IGNORED = 100;

/** The number of keys of one service that a rule cannot judge. */
export interface Untold {
  readonly rule: RuleId;
  readonly profile: string | null;
  readonly provider: string;
  readonly address: string;
  readonly keys: number;
}

export interface AuditSummary {
  /** ISO 8601. */
  readonly generated_at: string;
  readonly keys: number;
  /** Those of them that are revoked: a list leaves them out unless asked for. */
  readonly revoked: number;
  readonly findings: Readonly<Record<Severity, number>>;
  /** Keys by the highest severity of their findings. */
  readonly keys_by_worst: Readonly<Record<Severity | 'none', number>>;
  /** The oldest active key with a known age that was not reported as never used. */
  readonly oldest: (KeyReference & { readonly created_at: string }) | null;
  /** Null: no earlier report was given. */
  readonly trend: Trend | null;
  readonly by_rule: Readonly<Partial<Record<RuleId, number>>>;
  /** Findings that the config ignores. */
  readonly ignored: number;
  /** The first of them. */
  readonly ignored_findings: readonly IgnoredFinding[];
  readonly sources: readonly SourceSummary[];
  readonly cannot_tell: readonly Untold[];
  /** Accounts of the ledger that were not audited. */
  readonly unread: readonly UnreadAccount[];
  /** Null: no files were searched. */
  readonly repository: {
    readonly path: string;
    readonly history: boolean;
    /** Files that were not searched, by reason. */
    readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
  } | null;
}

/** `, of which 1 revoked`, beside the number of keys: a list without `--all` leaves them out. */
export function ofWhichRevoked({ revoked }: Pick<AuditSummary, 'revoked'>): string {
  return revoked > 0 ? `, of which ${revoked} revoked` : '';
}

/** Counts keys and findings. Its size depends on rules and services, not on keys. */
export class Tally {
  keys = 0;
  revoked = 0;
  ignored = 0;
  readonly findings: Record<Severity, number> = { high: 0, medium: 0, low: 0 };
  readonly keysByWorst: Record<Severity | 'none', number> = { high: 0, medium: 0, low: 0, none: 0 };
  oldest: AuditSummary['oldest'] = null;
  readonly byRule: Partial<Record<RuleId, number>> = {};
  readonly skipped: Partial<Record<SkipReason, number>> = {};
  readonly ignoredFindings: IgnoredFinding[] = [];
  readonly #untold = new Map<string, Untold>();

  add({ rule, severity }: Pick<Finding, 'rule' | 'severity'>): void {
    this.findings[severity] += 1;
    this.byRule[rule] = (this.byRule[rule] ?? 0) + 1;
  }

  /** Counts a key by its highest severity. `key`: null if it is not in use. */
  addKey(findings: readonly Finding[], key: (KeyReference & { created_at: string }) | null): void {
    this.keysByWorst[worstOf(findings) ?? 'none'] += 1;
    const oldest = this.oldest === null ? Number.POSITIVE_INFINITY : Date.parse(this.oldest.created_at);
    if (key !== null && Date.parse(key.created_at) < oldest) this.oldest = key;
  }

  addIgnored({ rule, key, location }: Finding, reason: string): void {
    this.ignored += 1;
    const of = key?.name ?? location?.file ?? null;
    if (this.ignoredFindings.length < MOST_IGNORED) this.ignoredFindings.push({ rule, of, reason });
  }

  addUntold(rule: RuleId, { profile, provider, address }: AuditSource): void {
    const id = JSON.stringify([rule, profile, provider, address]);
    const before = this.#untold.get(id)?.keys ?? 0;
    this.#untold.set(id, { rule, profile, provider, address, keys: before + 1 });
  }

  addSkipped(reason: SkipReason): void {
    this.skipped[reason] = (this.skipped[reason] ?? 0) + 1;
  }

  get untold(): readonly Untold[] {
    return [...this.#untold.values()];
  }

  /** Returns the number of findings at this level or above. */
  atLeast(level: Severity): number {
    return SEVERITIES.filter((severity) => isAtLeast(severity, level)).reduce(
      (sum, severity) => sum + this.findings[severity],
      0,
    );
  }
}
