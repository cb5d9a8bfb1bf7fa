import type { Finding } from '../../audit/finding.js';
import { instant } from '../../audit/key-rule.js';
import { type Gathered, gather } from '../../audit/reports/gather.js';
import { inChunks, type Report, type Write } from '../../audit/reports/report.js';
import type { AuditSummary } from '../../audit/tally.js';
import { days, type Thresholds } from '../../audit/thresholds.js';
import type { Key } from '../../domain/key.js';
import { visibleText } from '../../terminal/visible-text.js';

/** Of each severity, as many as a person reads. */
const MOST = 200;
const BAR = 10;

type Row = Finding & { readonly record: Key | null };

/** For a person: the worst first, each with the bars of its key's age and last use against what is allowed. */
export function terminalReport(print: Write, now: number, thresholds: Thresholds): Report {
  const { add, groups } = gather<Row>(MOST);
  return {
    async add({ key, findings }) {
      for (const finding of findings) add({ ...finding, record: key });
    },
    async end(summary) {
      const parts = [
        ...groups().map((group) => section(group, summary, now, thresholds)),
        ...untold(summary),
        total(summary),
      ];
      await print(`${parts.join('\n\n')}\n`);
    },
  };
}

/** For a pipe: a tab-separated line for each finding, as it comes: severity, rule, key, name, place, message, fix. */
export function linesReport(print: Write): Report {
  const { write, flush } = inChunks(print);
  return {
    async add({ findings }) {
      for (const { severity, rule, key, location, message, fix } of findings) {
        const place = location === null ? (key?.profile ?? key?.place ?? '') : placeOf(location);
        const cells = [severity, rule, key?.id ?? '', key?.name ?? '', place, message, fix ?? ''];
        await write(`${cells.map(visibleText).join('\t')}\n`);
      }
    },
    end: flush,
  };
}

export function placeOf({ file, line, column, commit }: NonNullable<Finding['location']>): string {
  return `${file}:${line}:${column}${commit === undefined ? '' : ` (${commit.slice(0, 10)})`}`;
}

function section(
  { severity, findings, more }: Gathered<Row>,
  summary: AuditSummary,
  now: number,
  thresholds: Thresholds,
): string {
  const lines = findings.flatMap((row) => rowLines(row, now, thresholds));
  const rest = more > 0 ? [`  and ${more} more: --json has them all`] : [];
  return [`${severity.toUpperCase()}  ${summary.findings[severity]}`, ...lines, ...rest].join('\n');
}

function rowLines(
  { rule, key, location, message, fix, record }: Row,
  now: number,
  thresholds: Thresholds,
): string[] {
  const where = location === null ? '' : `  ${visibleText(placeOf(location))}`;
  const whose =
    key === null ? '' : `  ${visibleText(key.name)} (${visibleText(key.id)})${profileOf(key.profile)}`;
  const bars = record === null ? [] : [`    ${barsOf(record, now, thresholds)}`];
  return [
    `  ${rule.padEnd(19)}${where}${whose}`,
    `    ${visibleText(message)}`,
    ...bars,
    ...(fix === null ? [] : [`    $ ${visibleText(fix)}`]),
  ];
}

function profileOf(profile: string | null): string {
  return profile === null ? '' : `  ${visibleText(profile)}`;
}

/** A full bar is as much as is allowed. */
function barsOf({ created_at, last_used }: Key, now: number, { maxAgeMs, unusedMs }: Thresholds): string {
  return `age ${bar(created_at, now, maxAgeMs, 'not told')}  used ${bar(last_used, now, unusedMs, 'never')}`;
}

function bar(iso: string | null | undefined, now: number, allowedMs: number, none: string): string {
  const at = instant(iso);
  if (at === undefined) return `${'·'.repeat(BAR)} ${iso === null ? none : 'not told'}`.padEnd(BAR + 9);
  const past = Math.max(0, now - at);
  const filled = Math.min(BAR, Math.round((past / Math.max(1, allowedMs)) * BAR));
  return `${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${`${days(past)}d`.padEnd(8)}`;
}

function untold({ cannot_tell }: AuditSummary): string[] {
  if (cannot_tell.length === 0) return [];
  const lines = cannot_tell.map(
    ({ rule, profile, provider, keys }) =>
      `  ${rule.padEnd(19)}  ${keys} of ${visibleText(profile ?? provider)}`,
  );
  return [['CANNOT TELL: the service does not say', ...lines].join('\n')];
}

function total({ keys, findings: { high, medium, low }, ignored, repository }: AuditSummary): string {
  const skipped = Object.entries(repository?.skipped ?? {}).map(([reason, n]) => `${n} ${reason}`);
  const files = skipped.length === 0 ? '' : `; files not looked into: ${skipped.join(', ')}`;
  return `${keys} ${keys === 1 ? 'key' : 'keys'}: ${high} high, ${medium} medium, ${low} low${ignored > 0 ? `; ${ignored} ignored` : ''}${files}`;
}
