import type { Finding } from './finding.js';
import { isAtLeast, type RuleId, SEVERITIES, type Severity } from './rule-table.js';

/**
 * The order of fixes of findings that are equally severe. Revoking an unused key also settles its age and its
 * rights.
 */
const FIRST: readonly RuleId[] = [
  ...(['in-repository', 'retiring-overdue', 'shared', 'unknown-owner', 'plaintext-credential'] as const),
  ...(['never-used', 'unused', 'expired-not-deleted', 'too-old', 'expiring', 'live-key-refused'] as const),
];

/**
 * Returns the one command to run for a key: the fix of its worst finding that has one. Null if none has one.
 * A low finding never decides what happens to a key with a worse one.
 */
export function recommendedFix(
  findings: ReadonlyArray<Pick<Finding, 'rule' | 'severity' | 'fix'>>,
): string | null {
  return worstFirst(findings).find(({ fix }) => fix !== null)?.fix ?? null;
}

/**
 * Returns the findings of one key, the most severe first, and among equals in the order in which to fix them.
 */
export function worstFirst<Item extends Pick<Finding, 'rule' | 'severity'>>(
  findings: readonly Item[],
): Item[] {
  const rank = ({ rule }: Item) => (FIRST.includes(rule) ? FIRST.indexOf(rule) : FIRST.length);
  return findings.toSorted(
    (a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) || rank(a) - rank(b),
  );
}

/** Compares two keys by their findings: the key with more of the most severe findings comes first. */
export function byWorst(
  a: ReadonlyArray<Pick<Finding, 'severity'>>,
  b: ReadonlyArray<Pick<Finding, 'severity'>>,
): number {
  const count = (findings: typeof a, severity: Severity) =>
    findings.filter((one) => one.severity === severity).length;
  for (const severity of SEVERITIES.toReversed()) {
    const difference = count(b, severity) - count(a, severity);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Returns the highest severity of these findings; null if there are none. */
export function worstOf(findings: ReadonlyArray<Pick<Finding, 'severity'>>): Severity | null {
  return findings.reduce<Severity | null>(
    (worst, { severity }) => (worst !== null && isAtLeast(worst, severity) ? worst : severity),
    null,
  );
}
