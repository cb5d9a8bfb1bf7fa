import { DAY_MS } from '../domain/duration.js';
import { wildcardMatches } from '../domain/restrictions.js';
import type { Ignore } from './config.js';
import type { Finding } from './finding.js';
import type { RuleId } from './rule-table.js';
import { RULES } from './rule-table.js';
import { span } from './thresholds.js';

/** The ignores of a config, and which of them matched. */
export interface Ignores {
  /** Returns whether to leave out a finding. */
  covers(finding: Finding): boolean;
  /** The ignore that leaves out a finding; null: none does. */
  coveredBy(finding: Finding): Ignore | null;
  /**
   * Call at the end. Returns ignores that have expired, and those that matched nothing although their rule
   * and profile were audited.
   */
  stale(looked: Looked): Finding[];
}

/** What was audited. An ignore for anything else may still be needed. */
interface Looked {
  readonly rules: ReadonlySet<RuleId>;
  readonly profiles: ReadonlySet<string | null>;
}

/** `path`: the config file, for the location of stale ignores. `now`: epoch milliseconds. */
export function createIgnores(list: readonly Ignore[], path: string, now: number): Ignores {
  const entries = list.map((ignore, index) => {
    const expiredMs = now - (Date.parse(`${ignore.expires}T00:00:00Z`) + DAY_MS);
    return { ignore, index, expiredMs, used: false };
  });
  const coveredBy = (finding: Finding) => {
    const matching = entries.filter(({ ignore }) => matches(ignore, finding));
    for (const entry of matching) entry.used = true;
    return matching.find(({ expiredMs }) => expiredMs < 0)?.ignore ?? null;
  };
  return {
    coveredBy,
    covers: (finding) => coveredBy(finding) !== null,
    stale({ rules, profiles }) {
      return entries.flatMap(({ ignore, index, expiredMs, used }) => {
        const looked =
          rules.has(ignore.rule) && (ignore.profile === undefined || profiles.has(ignore.profile));
        if (expiredMs >= 0) return [stale(ignore, index, `expired ${span(expiredMs)} ago`, path)];
        return used || !looked ? [] : [stale(ignore, index, 'matches nothing', path)];
      });
    },
  };
}

function matches(ignore: Ignore, { rule, key, location }: Finding): boolean {
  if (rule !== ignore.rule || (ignore.profile !== undefined && key?.profile !== ignore.profile)) return false;
  if (ignore.key !== undefined) return key?.id === ignore.key;
  if (ignore.name !== undefined) return key !== null && wildcardMatches(ignore.name, key.name);
  return location !== null && wildcardMatches(ignore.file ?? '', location.file);
}

function stale({ rule, reason, expires }: Ignore, index: number, what: string, file: string): Finding {
  return {
    rule: 'stale-ignore',
    severity: RULES['stale-ignore'].severity,
    message: `entry ${index + 1} of ignore, of ${rule}, ${what}`,
    evidence: { ignored_rule: rule, reason, expires },
    fix: null,
    key: null,
    location: { file, line: 1, column: 1 },
  };
}
