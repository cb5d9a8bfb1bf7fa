import type { Finding } from '../finding.js';
import { SEVERITIES, type Severity } from '../rule-table.js';

/** The worst first, and of each severity no more than can be read. */
export interface Gathered<Item = Finding> {
  readonly severity: Severity;
  readonly findings: readonly Item[];
  /** How many more there are. */
  readonly more: number;
}

/**
 * Keeps `most` findings of each severity, and counts the others. `compare` says which of equally severe ones
 * come first; without it, those that were added first.
 */
export function gather<Item extends Pick<Finding, 'severity'>>(
  most: number,
  compare: (a: Item, b: Item) => number = () => 0,
): {
  readonly add: (finding: Item) => void;
  /** Severities without a finding are left out. */
  readonly groups: () => Array<Gathered<Item>>;
} {
  const kept: Record<Severity, Item[]> = { high: [], medium: [], low: [] };
  const added: Record<Severity, number> = { high: 0, medium: 0, low: 0 };
  const cut = (severity: Severity) => {
    kept[severity] = kept[severity].toSorted(compare).slice(0, most);
  };
  return {
    add(finding) {
      const { severity } = finding;
      added[severity] += 1;
      kept[severity].push(finding);
      // Sorting at each finding would take too long.
      if (kept[severity].length > 2 * most) cut(severity);
    },
    groups: () =>
      SEVERITIES.toReversed()
        .map((severity) => {
          cut(severity);
          const findings = kept[severity];
          return { severity, findings, more: added[severity] - findings.length };
        })
        .filter(({ findings }) => findings.length > 0),
  };
}
