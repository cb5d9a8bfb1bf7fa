import { resolve } from 'node:path';
import { unreadText } from '../../connect/unread-accounts.js';
import { counted } from '../../domain/counted.js';
import { localTime } from '../../terminal/absolute-time.js';
import { fixedText, trendText } from '../baseline.js';
import { RULES, type RuleId, SEVERITIES, type Severity } from '../rule-table.js';
import { type AuditSummary, ofWhichRevoked } from '../tally.js';
import { span, type Thresholds } from '../thresholds.js';
import { escaped } from './html-text.js';

export interface HtmlFacts {
  readonly now: number;
  readonly thresholds: Thresholds;
  /** Who ran the audit; null: not known. */
  readonly author: string | null;
}

/** The counts, what changed, what was audited, and a table of the rules that found something. */
export function summarySection(summary: AuditSummary, facts: HtmlFacts): string {
  const { keys_by_worst: worst, findings, ignored } = summary;
  const all = findings.high + findings.medium + findings.low;
  const counts = `<p><b>${counted(summary.keys, 'key')}</b>${summary.revoked > 0 ? `${ofWhichRevoked(summary)},` : ''} by the worst finding: ${bySeverity(worst)}, ${worst.none} without</p>
<p><b>${counted(all, 'finding')}</b> in all: ${bySeverity(findings)}${ignored > 0 ? `; ${ignored} ignored` : ''}</p>`;
  // A colour that no finding has alarms for nothing.
  const toneOf = (rule: RuleId) => (findings[RULES[rule].severity] > 0 ? RULES[rule].severity : 'soft');
  const rules = rulesOf(summary).map(
    (rule) =>
      `<tr><td class="${toneOf(rule)}">${rule}</td><td>${summary.by_rule[rule]}</td><td class="soft">${escaped(RULES[rule].title)}</td></tr>`,
  );
  const untold = summary.cannot_tell.map(
    ({ rule, profile, provider, keys }) =>
      `<tr><td>${rule}</td><td>${keys}</td><td class="soft">${escaped(`cannot tell: ${profile ?? provider} does not say`)}</td></tr>`,
  );
  const failed = summary.sources.flatMap(({ profile, address, error }) =>
    error === null
      ? []
      : [
          `<p class="high">${escaped(`${profile ?? address ?? 'a service'} could not be audited: ${error.message}`)}</p>`,
        ],
  );
  const missed =
    summary.unread.length === 0 ? '' : `<p class="high">${escaped(unreadText(summary.unread))}</p>`;
  return `<section class="summary">${counts}${highlights(summary)}${about(summary, facts)}${failed.join('')}${missed}<table>${[...rules, ...untold].join('')}</table></section>
`;
}

/** The rules that found something, the most severe first, then the most frequent. */
export function rulesOf({ by_rule }: AuditSummary): RuleId[] {
  const rank = (rule: RuleId) => SEVERITIES.indexOf(RULES[rule].severity);
  return (Object.keys(by_rule) as RuleId[]).toSorted(
    (a, b) => rank(b) - rank(a) || (by_rule[b] ?? 0) - (by_rule[a] ?? 0),
  );
}

/** The counts by severity. Only a severity that occurs has its colour: a red zero alarms for nothing. */
function bySeverity(counts: Readonly<Record<Severity, number>>): string {
  return SEVERITIES.toReversed()
    .map((name) => (counts[name] > 0 ? `<b class="${name}">${counts[name]} ${name}</b>` : `0 ${name}`))
    .join(', ');
}

/** What changed since the earlier report, and the oldest key in use. */
function highlights({ trend, oldest }: AuditSummary): string {
  const texts = [
    ...(trend === null
      ? []
      : [
          `Since ${localTime(Date.parse(trend.since), 'h23')}: ${trendText(trend)}.`,
          ...(trend.fixed_findings.length === 0
            ? []
            : [`Fixed: ${trend.fixed_findings.map(fixedText).join(', ')}.`]),
        ]),
    ...(oldest === null
      ? []
      : [`Oldest key in use: ${oldest.name} (${oldest.id}), created ${oldest.created_at.slice(0, 10)}.`]),
  ];
  return texts.map((text) => `<p>${escaped(text)}</p>`).join('');
}

/** What was audited, when, by whom, and against which limits. */
function about(
  { sources, generated_at, repository }: AuditSummary,
  { now, thresholds, author }: HtmlFacts,
): string {
  const services = sources.map(
    ({ profile, provider, address, keys }) =>
      `${profile ?? provider ?? 'a service'}${address === null ? '' : ` (${address === 'embedded' ? 'kept on this machine' : address})`}: ${counted(keys, 'key')}`,
  );
  const { maxAgeMs, unusedMs, neverUsedMs, expiringMs } = thresholds;
  const local = localTime(now, 'h23');
  const at = / (?:UTC|GMT)$/.test(local) ? local : `${local} (${generated_at})`;
  const made = `${at}${author === null ? '' : `, by ${author}`}`;
  const lines = [
    ['services', services.join('; ') || 'none'],
    ['files', repository === null ? 'not searched' : filesText(repository)],
    ...credentialAges(sources, now),
    ['made', `${made}; dates of keys are in UTC`],
    [
      'limits',
      [
        ...limit('roll after', maxAgeMs),
        ...limit('unused for', unusedMs),
        ...limit('never used within', neverUsedMs),
        ...limit('ends within', expiringMs),
      ].join('; '),
    ],
  ] as const;
  return `<dl>${lines.map(([title, text]) => `<dt>${title}</dt><dd>${escaped(text)}</dd>`).join('')}</dl>`;
}

/** Which files were searched, and whether what was ever committed was, too. */
function filesText({ path, history }: NonNullable<AuditSummary['repository']>): string {
  return `${resolve(path)}, ${history ? 'with its whole history' : 'as it is now, without its history'}`;
}

/** How old each credential is that the program itself uses. */
function credentialAges(
  sources: AuditSummary['sources'],
  now: number,
): Array<readonly [title: string, text: string]> {
  const stored = sources.flatMap(({ profile, provider, credential_stored_at: at }) =>
    at === undefined
      ? []
      : [`${profile ?? provider} stored ${at.slice(0, 10)}, ${span(now - Date.parse(at))} ago`],
  );
  return stored.length === 0 ? [] : [['credentials of keys itself', stored.join('; ')]];
}

/** Nothing for a rule that was turned off by `never`. */
function limit(words: string, ms: number): string[] {
  return Number.isFinite(ms) ? [`${words} ${span(ms)}`] : [];
}
