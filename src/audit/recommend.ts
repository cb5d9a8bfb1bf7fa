import type { Finding } from './finding.js';
import { isAtLeast, type RuleId, type Severity } from './rule-table.js';

/** Whose fix comes first. What revokes a key that nobody uses also makes its age and its rights no matter any more. */
const FIRST: readonly RuleId[] = [
  ...(['in-repository', 'retiring-overdue', 'shared', 'unknown-owner', 'plaintext-credential'] as const),
  ...(['never-used', 'unused', 'expired-not-deleted', 'too-old', 'expiring', 'live-key-refused'] as const),
];

/** The one command to start with, of all that would fix something about a key. Null: `keys` has none. */
export function recommendedFix(findings: ReadonlyArray<Pick<Finding, 'rule' | 'fix'>>): string | null {
  const rank = ({ rule }: { rule: RuleId }) => (FIRST.includes(rule) ? FIRST.indexOf(rule) : FIRST.length);
  const [first] = findings.filter(({ fix }) => fix !== null).sort((a, b) => rank(a) - rank(b));
  return first?.fix ?? null;
}

/** The worst severity of these findings. Null where there is none. */
export function worstOf(findings: ReadonlyArray<Pick<Finding, 'severity'>>): Severity | null {
  return findings.reduce<Severity | null>(
    (worst, { severity }) => (worst !== null && isAtLeast(worst, severity) ? worst : severity),
    null,
  );
}
