import { fixedText, trendText } from '../../audit/baseline.js';
import { RULES } from '../../audit/rule-table.js';
import { type AuditSummary, ofWhichRevoked } from '../../audit/tally.js';
import { counted } from '../../domain/counted.js';
import { visibleText } from '../../domain/visible-text.js';
import { relativeTime } from '../../terminal/relative-time.js';

/**
 * Returns the summary: counts, the oldest key, what changed since the baseline, and the rules that could not
 * be checked.
 */
export function summaryLines(summary: AuditSummary, now: number): string[] {
  const { oldest } = summary;
  return [
    ...countLines(summary),
    ...(oldest === null
      ? []
      : [
          `oldest key in use: ${visibleText(`${oldest.name} (${oldest.id})`)}, created ${relativeTime(oldest.created_at, now)}`,
        ]),
    ...credentialLines(summary, now),
    ...trendLines(summary),
    ...untoldLines(summary),
    '',
  ];
}

/** What changed since the baseline: counts, and what was fixed. Nothing without a baseline. */
export function trendLines({ trend }: Pick<AuditSummary, 'trend'>): string[] {
  if (trend === null) return [];
  const { since, fixed, fixed_findings: gone } = trend;
  const named = gone.slice(0, MOST_FIXED).map(fixedText);
  const more = fixed > named.length && named.length > 0 ? [`and ${fixed - named.length} more`] : [];
  return [
    `since ${visibleText(since)}: ${trendText(trend)}`,
    ...(named.length === 0 ? [] : [`fixed: ${[...named, ...more].map(visibleText).join(', ')}`]),
  ];
}

/** So many fixed findings are named: a manager asks which, and JSON has more. */
const MOST_FIXED = 12;

/** One line with the age of each credential that the program itself uses. */
function credentialLines({ sources }: AuditSummary, now: number): string[] {
  const stored = sources.flatMap(({ profile, provider, credential_stored_at: at }) =>
    at === undefined ? [] : [`${visibleText(profile ?? provider ?? '')} ${relativeTime(at, now)}`],
  );
  return stored.length === 0 ? [] : [`credentials of keys itself, stored: ${stored.join(', ')}`];
}

/** Keys and findings are counted apart: a key with three findings is one key. */
function countLines({ keys, revoked, findings, keys_by_worst, ignored, repository }: AuditSummary): string[] {
  const { high, medium, low, none } = keys_by_worst;
  const skipped = Object.entries(repository?.skipped ?? {}).map(([reason, n]) => `${n} ${reason}`);
  const all = findings.high + findings.medium + findings.low;
  return [
    `${counted(keys, 'key')}${revoked > 0 ? `${ofWhichRevoked({ revoked })},` : ''} by the worst finding: ${high} high, ${medium} medium, ${low} low, ${none} without`,
    [
      `${counted(all, 'finding')} in all: ${findings.high} high, ${findings.medium} medium, ${findings.low} low`,
      ...(ignored > 0 ? [`${ignored} ignored`] : []),
      ...(skipped.length > 0 ? [`files not searched: ${skipped.join(', ')}`] : []),
    ].join('; '),
  ];
}

/** Returns one line for each service: the rules that cannot be checked, and for how many of its keys. */
function untoldLines({ cannot_tell, sources }: AuditSummary): string[] {
  const byService = new Map<string, { keys: number; rules: string[]; all: number }>();
  for (const { rule, profile, provider, address, keys } of cannot_tell) {
    const name = profile ?? provider;
    const all = sources.find((one) => one.profile === profile && one.address === address)?.keys ?? keys;
    const known = byService.get(name) ?? { keys: 0, rules: [], all };
    byService.set(name, {
      ...known,
      keys: Math.max(known.keys, keys),
      rules: [...known.rules, RULES[rule].title],
    });
  }
  return [...byService].map(
    ([name, { keys, all, rules }]) =>
      `cannot tell: ${visibleText(name)} does not report enough about ${keys} of ${Math.max(all, keys)} keys for: ${rules.join(', ')}`,
  );
}
