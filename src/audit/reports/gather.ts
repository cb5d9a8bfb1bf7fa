import type { Finding } from '../finding.js';
import { SEVERITIES, type Severity } from '../rule-table.js';

/** The worst first, and of each severity no more than can be read. */
export interface Gathered<Item = Finding> {
  readonly severity: Severity;
  readonly findings: readonly Item[];
  /** How many more there are. */
  readonly more: number;
}

/** Keeps the first `most` findings of each severity, and counts the others. */
export function gather<Item extends Pick<Finding, 'severity'>>(
  most: number,
): {
  readonly add: (finding: Item) => void;
  /** Severities without a finding are left out. */
  readonly groups: () => Array<Gathered<Item>>;
} {
  const kept: Record<Severity, Item[]> = { high: [], medium: [], low: [] };
  const more: Record<Severity, number> = { high: 0, medium: 0, low: 0 };
  return {
    add(finding) {
      const { severity } = finding;
      if (kept[severity].length < most) kept[severity].push(finding);
      else more[severity] += 1;
    },
    groups: () =>
      SEVERITIES.toReversed()
        .map((severity) => ({ severity, findings: kept[severity], more: more[severity] }))
        .filter(({ findings }) => findings.length > 0),
  };
}
