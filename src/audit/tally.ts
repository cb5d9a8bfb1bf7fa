import type { Finding } from './finding.js';
import type { AuditSource } from './key-rule.js';
import type { SkipReason } from './repository/found.js';
import { isAtLeast, type RuleId, SEVERITIES, type Severity } from './rule-table.js';

/** A service, how many keys it has, and why it could not be audited, where it could not. */
export interface AuditedSource {
  readonly profile: string | null;
  readonly provider: string | null;
  readonly place: string | null;
  readonly keys: number;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** Keys of one service of which a rule cannot be told. */
export interface Untold {
  readonly rule: RuleId;
  readonly profile: string | null;
  readonly provider: string;
  readonly place: string;
  readonly keys: number;
}

export interface AuditSummary {
  /** ISO 8601. */
  readonly generated_at: string;
  readonly keys: number;
  readonly findings: Readonly<Record<Severity, number>>;
  readonly by_rule: Readonly<Partial<Record<RuleId, number>>>;
  /** Findings that the config ignores. */
  readonly ignored: number;
  readonly sources: readonly AuditedSource[];
  readonly cannot_tell: readonly Untold[];
  /** Null: no files were searched. */
  readonly repository: {
    readonly path: string;
    readonly history: boolean;
    /** Files that were not looked into, by reason. */
    readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
  } | null;
}

/** Counts what goes by; its size depends on rules and services, not on keys. */
export class Tally {
  keys = 0;
  ignored = 0;
  readonly findings: Record<Severity, number> = { high: 0, medium: 0, low: 0 };
  readonly byRule: Partial<Record<RuleId, number>> = {};
  readonly skipped: Partial<Record<SkipReason, number>> = {};
  readonly #untold = new Map<string, Untold>();

  add({ rule, severity }: Pick<Finding, 'rule' | 'severity'>): void {
    this.findings[severity] += 1;
    this.byRule[rule] = (this.byRule[rule] ?? 0) + 1;
  }

  addUntold(rule: RuleId, { profile, provider, place }: AuditSource): void {
    const id = JSON.stringify([rule, profile, provider, place]);
    const before = this.#untold.get(id)?.keys ?? 0;
    this.#untold.set(id, { rule, profile, provider, place, keys: before + 1 });
  }

  addSkipped(reason: SkipReason): void {
    this.skipped[reason] = (this.skipped[reason] ?? 0) + 1;
  }

  get untold(): readonly Untold[] {
    return [...this.#untold.values()];
  }

  /** How many findings are at this level or above. */
  atLeast(level: Severity): number {
    return SEVERITIES.filter((severity) => isAtLeast(severity, level)).reduce(
      (sum, severity) => sum + this.findings[severity],
      0,
    );
  }
}
