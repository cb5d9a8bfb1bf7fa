import { resolve } from 'node:path';
import { unreadText } from '../../connect/unread-accounts.js';
import { counted } from '../../domain/counted.js';
import { visibleText } from '../../domain/visible-text.js';
import { localTime } from '../../terminal/absolute-time.js';
import { fixedText, trendText } from '../baseline.js';
import type { Finding } from '../finding.js';
import { type AuditSource, instant, standing } from '../key-rule.js';
import { placeholdersIn } from '../placeholders.js';
import { byWorst, recommendedFix, worstFirst, worstOf } from '../recommend.js';
import { RULES, type RuleId, SEVERITIES, type Severity } from '../rule-table.js';
import { type AuditSummary, ofWhichRevoked } from '../tally.js';
import { span, type Thresholds } from '../thresholds.js';
import { REPORT_STYLE } from './html-style.js';
import { type AuditedKey, inChunks, type Report, type Write } from './report.js';
import { axis, createTimeRange, day, type TimeRange } from './time-range.js';

export interface HtmlFacts {
  readonly now: number;
  readonly thresholds: Thresholds;
  /** Who ran the audit; null: not known. */
  readonly author: string | null;
}

/**
 * One self-contained page: every key's life on one axis of time, with what was found of it. The worst key
 * comes first, and the axis ends where the longest life does, so the rows are held until the end.
 */
export function htmlReport(print: Write, facts: HtmlFacts): Report {
  const { now } = facts;
  const { write, flush } = inChunks(print);
  const range = createTimeRange(now);
  const loose: Finding[] = [];
  const rows: Row[] = [];
  return {
    async add({ key, source, findings }) {
      if (key === null || source === null) {
        loose.push(...findings);
        return;
      }
      const worst = findings.map(({ severity }) => ({ severity }));
      rows.push({ worst, created: instant(key.created_at), html: keyRow(key, source, findings, now, range) });
    },
    async end(summary) {
      await write(`${head()}${summarySection(summary, facts)}${FILTER}\n${legend(rows)}\n${axis(range)}`);
      await write('<section class="keys">\n');
      for (const { html } of rows.sort(compareRows)) await write(html);
      await write('</section>\n');
      if (loose.length > 0) {
        await write(
          `<section class="loose"><h2>In files and settings</h2>${list(worstFirst(loose), true)}</section>\n`,
        );
      }
      await write(`${ignoredSection(summary)}${explanations(summary)}</main></body></html>\n`);
      await flush();
    },
  };
}

interface Row {
  readonly worst: ReadonlyArray<Pick<Finding, 'severity'>>;
  readonly created: number | undefined;
  readonly html: string;
}

/** The worse key first; of equally bad ones, the older. */
function compareRows(a: Row, b: Row): number {
  const oldest = (a.created ?? Number.MAX_SAFE_INTEGER) - (b.created ?? Number.MAX_SAFE_INTEGER);
  return byWorst(a.worst, b.worst) || oldest;
}

/** Text from elsewhere: as itself, whatever it holds. */
function escaped(value: string): string {
  return visibleText(value).replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const SHOWN = ['high', 'medium', 'low', 'none'];
/** Works without a script: the style hides what is not checked. */
const FILTER = `<fieldset class="filter"><legend>Show keys whose worst finding is</legend>${SHOWN.map(
  (name) => `<label><input type="checkbox" id="show-${name}" checked> ${name}</label>`,
).join(' ')}</fieldset>`;

/** The signs of the chart, by their classes. */
const SIGNS = [
  ['bar', 'works'],
  ['bar ahead', 'until its end'],
  ['bar open', 'has no end'],
  ['bar ended', 'has ended'],
  ['bar from-unknown', 'beginning not told'],
  ['mark', 'created, ends'],
  ['mark used', 'last used'],
  ['mark rolled', 'rolled'],
] as const;

/** What the signs of the chart mean, of those that are in it. It stands beside the chart. */
function legend(rows: readonly Row[]): string {
  const shown = SIGNS.filter(([kind]) => rows.some(({ html }) => html.includes(`<i class="${kind}"`)));
  const items = shown.map(([kind, title]) => {
    const [from, to] = kind.startsWith('mark') ? [5, 5] : [0, 10];
    return `<li><span class="life"><i class="${kind}" style="--a:${from};--b:${to}"></i></span>${title}</li>\n`;
  });
  return `<ul class="legend" aria-label="Signs of the chart">
${items.join('')}<li><span class="life" style="--now:5"></span>now</li></ul>`;
}

function head(): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>keys audit</title><style>${REPORT_STYLE}</style></head><body>
<main><h1>keys audit</h1>
`;
}

function keyRow(
  key: AuditedKey,
  source: AuditSource,
  findings: readonly Finding[],
  now: number,
  range: TimeRange,
): string {
  const facts = [
    timeText('created', key.created_at, 'no time'),
    timeText('last used', key.last_used, 'never'),
    // A revoked key has ended, also where it has no expiry.
    ...(key.status === 'revoked' && !key.expires_at ? [] : [timeText('ends', key.expires_at, 'never')]),
    ...(key.rolled_from ? [`rolled from ${key.rolled_from}`] : []),
    ...(key.rolled_to ? [`rolled to ${key.rolled_to}`] : []),
  ].join(', ');
  return `<article class="key worst-${worstOf(findings) ?? 'none'}"><div class="who"><b><bdi>${escaped(key.name || key.id)}</bdi></b> <code>${escaped(key.id)}</code>
<div>${escaped(`${standing(key, now)} · ${whereKept(source)}`)}<br>${unbroken(facts, DAY)}</div>${belongings(key)}</div>
<div class="life" role="img" aria-label="${escaped(facts)}">${life(key, now, range)}</div>${
    findings.length > 0 ? list(worstFirst(findings), false) : ''
  }${recommendation(findings, key)}</article>
`;
}

const DAY = /\d{4}-\d{2}-\d{2}/g;
/** Such as `--expires`. */
const OPTION = /(?<=^| )--[a-z-]+/g;

/** A text in which what fits `parts` breaks at no hyphen. */
function unbroken(text: string, parts: RegExp): string {
  return escaped(text).replace(parts, '<span class="unbroken">$&</span>');
}

/** Whose key it is, what it may do, and where its secret is. */
function belongings({ owner, scopes, delivered_to: places = [] }: AuditedKey): string {
  const lines = [
    ['owner', owner === undefined ? 'not told' : (owner ?? 'nobody is named')],
    ['scopes', scopes === undefined ? 'not told' : scopes.join(' ') || 'none'],
    ['secret at', places.join(', ') || 'no place that this machine knows of'],
  ] as const;
  const rows = lines.map(([title, text]) => `<dt>${title}</dt><dd><bdi>${escaped(text)}</bdi></dd>`);
  return `<dl class="belongs">${rows.join('')}</dl>`;
}

/**
 * The one command to run for a key, and who has to. The commands of its other findings may contradict it:
 * roll, and revoke.
 */
function recommendation(findings: readonly Finding[], { owner }: AuditedKey): string {
  const fix = recommendedFix(findings);
  if (fix === null) return '';
  const who = owner
    ? `the owner, <bdi>${escaped(owner)}</bdi>`
    : 'a manager of the keys of this service, because no owner is known';
  const command = `<code>${unbroken(fix, OPTION)}</code>`;
  return `<p class="do">Recommended: ${command}${placeholders(fix)}<br>To do by: ${who}</p>`;
}

function placeholders(fix: string): string {
  return placeholdersIn(fix)
    .map(([word, meaning]) => `; for <code>${word}</code>, ${meaning}`)
    .join('');
}

/** The service in words: nobody but this program calls a file `embedded`. */
function whereKept({ profile, address, title }: AuditSource): string {
  return profile === null ? addressText(address, title) : `${profile} (${title})`;
}

function addressText(address: string, title: string): string {
  if (address === 'embedded') return 'for an API of your own, kept on this machine';
  return address === 'dashboard' ? `${title}, as noted on this machine` : `${title} at ${address}`;
}

function timeText(title: string, iso: string | null | undefined, none: string): string {
  return `${title} ${iso === undefined ? 'not told' : iso === null ? none : iso.slice(0, 10)}`;
}

/** The bar of a key's life and the marks on it, in days since 1970. */
function life(key: AuditedKey, now: number, range: TimeRange): string {
  const created = instant(key.created_at);
  const ends = instant(key.expires_at);
  const used = instant(key.last_used);
  for (const at of [created, ends, used]) if (at !== undefined) range.include(at);
  const stands = standing(key, now);
  const over = stands === 'revoked' || stands === 'expired';
  // When a key was revoked is not told: its last use is the last that is known of it.
  const until = over ? Math.min(ends ?? now, stands === 'revoked' ? (used ?? created ?? now) : now) : now;
  const parts = [
    created === undefined
      ? `<i class="bar from-unknown" style="--b:${day(until)}"></i>`
      : bar(over ? 'bar ended' : 'bar', created, until),
    ...(over || ends === undefined ? [] : [bar('bar ahead', Math.max(now, created ?? now), ends)]),
    ...(over || key.expires_at !== null ? [] : [`<i class="bar open" style="--a:${day(now)}"></i>`]),
    ...(created === undefined ? [] : [mark(key.rolled_from ? 'mark rolled' : 'mark', created)]),
    ...(ends === undefined ? [] : [mark(key.rolled_to ? 'mark rolled' : 'mark', ends)]),
    ...(used === undefined ? [] : [mark('mark used', used)]),
  ];
  return parts.join('');
}

function bar(kind: string, from: number, to: number): string {
  return `<i class="${kind}" style="--a:${day(from)};--b:${day(Math.max(from, to))}"></i>`;
}

function mark(kind: string, at: number): string {
  return `<i class="${kind}" style="--a:${day(at)}"></i>`;
}

function list(findings: readonly Finding[], withPlace: boolean): string {
  const items = findings.map(({ rule, severity, message, fix, location, key, baseline_state }) => {
    const file = location === null ? '' : ` <code>${escaped(`${location.file}:${location.line}`)}</code>`;
    const whose =
      withPlace && key !== null ? ` <bdi>${escaped(key.name)}</bdi> <code>${escaped(key.id)}</code>` : '';
    const command = fix === null || !withPlace ? '' : ` <code>${unbroken(fix, OPTION)}</code>`;
    return `<li class="${severity}"><b class="${severity}" title="${escaped(RULES[rule].explanation)}">${severity}: ${rule}${baseline_state === 'new' ? ' (new)' : ''}</b>${file}${whose} ${escaped(message)}${command}</li>`;
  });
  return `<ul>${items.join('')}</ul>`;
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
  const local = localTime(now);
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

/** What was left out, and why. */
function ignoredSection({ ignored, ignored_findings: named }: AuditSummary): string {
  if (named.length === 0) return '';
  const items = named.map(
    ({ reason, ...finding }) => `<li>${escaped(fixedText(finding))}: ${escaped(reason)}</li>`,
  );
  const more = ignored > named.length ? `<li>and ${ignored - named.length} more</li>` : '';
  return `<section class="ignored"><h2>Ignored</h2><ul>${items.join('')}${more}</ul></section>\n`;
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

/** Why each rule that found something matters: on paper nobody can point at its name. */
function explanations(summary: AuditSummary): string {
  const rules = rulesOf(summary);
  if (rules.length === 0) return '';
  const items = rules.map((rule) => `<dt>${rule}</dt><dd>${escaped(RULES[rule].explanation)}</dd>`);
  return `<section class="rules"><h2>What the rules mean</h2><dl>${items.join('')}</dl></section>\n`;
}

/** What changed since the earlier report, and the oldest key in use. */
function highlights({ trend, oldest }: AuditSummary): string {
  const texts = [
    ...(trend === null
      ? []
      : [
          `Since ${trend.since}: ${trendText(trend)}.`,
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

/** The counts by severity. Only a severity that occurs has its colour: a red zero alarms for nothing. */
function bySeverity(counts: Readonly<Record<Severity, number>>): string {
  return SEVERITIES.toReversed()
    .map((name) => (counts[name] > 0 ? `<b class="${name}">${counts[name]} ${name}</b>` : `0 ${name}`))
    .join(', ');
}

function summarySection(summary: AuditSummary, facts: HtmlFacts): string {
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
function rulesOf({ by_rule }: AuditSummary): RuleId[] {
  const rank = (rule: RuleId) => SEVERITIES.indexOf(RULES[rule].severity);
  return (Object.keys(by_rule) as RuleId[]).toSorted(
    (a, b) => rank(b) - rank(a) || (by_rule[b] ?? 0) - (by_rule[a] ?? 0),
  );
}
