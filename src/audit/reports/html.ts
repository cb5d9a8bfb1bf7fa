import { fixedText } from '../baseline.js';
import type { Finding } from '../finding.js';
import { instant } from '../key-rule.js';
import { byWorst, worstFirst } from '../recommend.js';
import { RULES } from '../rule-table.js';
import type { AuditSummary } from '../tally.js';
import { findingList } from './html-findings.js';
import { keyRow } from './html-key.js';
import { legend } from './html-life.js';
import { REPORT_STYLE } from './html-style.js';
import { type HtmlFacts, rulesOf, summarySection } from './html-summary.js';
import { escaped, OPTION, unbroken } from './html-text.js';
import { inChunks, type Report, type Write } from './report.js';
import { axis, createTimeRange } from './time-range.js';

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
          `<section class="loose"><h2>In files and settings</h2>${findingList(worstFirst(loose), true)}</section>\n`,
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

const SHOWN = ['high', 'medium', 'low', 'none'];

/** Works without a script: the style hides what is not checked. */
const FILTER = `<fieldset class="filter"><legend>Show keys whose worst finding is</legend>${SHOWN.map(
  (name) => `<label><input type="checkbox" id="show-${name}" checked> ${name}</label>`,
).join(' ')}</fieldset>`;

function head(): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>keys audit</title><style>${REPORT_STYLE}</style></head><body>
<main><h1>keys audit</h1>
`;
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

/** Why each rule that found something matters: on paper nobody can point at its name. */
function explanations(summary: AuditSummary): string {
  const rules = rulesOf(summary);
  if (rules.length === 0) return '';
  const items = rules.map((rule) => `<dt>${rule}</dt><dd>${unbroken(RULES[rule].explanation, OPTION)}</dd>`);
  return `<section class="rules"><h2>What the rules mean</h2><dl>${items.join('')}</dl></section>\n`;
}
