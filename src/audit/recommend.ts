import type { Finding } from './finding.js';
import { isAtLeast, type RuleId, type Severity } from './rule-table.js';

/** The order in which fixes are recommended. Revoking an unused key also settles its age and its rights. */
const FIRST: readonly RuleId[] = [
  ...(['in-repository', 'retiring-overdue', 'shared', 'unknown-owner', 'plaintext-credential'] as const),
  ...(['never-used', 'unused', 'expired-not-deleted', 'too-old', 'expiring', 'live-key-refused'] as const),
];

/** Returns the command to run first of all that fix a finding of a key; null if there is none. */
export function recommendedFix(findings: ReadonlyArray<Pick<Finding, 'rule' | 'fix'>>): string | null {
  const rank = ({ rule }: { rule: RuleId }) => (FIRST.includes(rule) ? FIRST.indexOf(rule) : FIRST.length);
  const [first] = findings.filter(({ fix }) => fix !== null).sort((a, b) => rank(a) - rank(b));
  return first?.fix ?? null;
}

/** Returns the highest severity of these findings; null if there are none. */
export function worstOf(findings: ReadonlyArray<Pick<Finding, 'severity'>>): Severity | null {
  return findings.reduce<Severity | null>(
    (worst, { severity }) => (worst !== null && isAtLeast(worst, severity) ? worst : severity),
    null,
  );
}
