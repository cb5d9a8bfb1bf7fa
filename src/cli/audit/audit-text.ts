import type { Baseline } from '../../audit/baseline.js';
import type { Finding, KeyReference } from '../../audit/finding.js';
import { instant } from '../../audit/key-rule.js';
import { placeholdersIn } from '../../audit/placeholders.js';
import { byWorst, recommendedFix, worstFirst, worstOf } from '../../audit/recommend.js';
import { type Gathered, gather } from '../../audit/reports/gather.js';
import { inChunks, type Report, type Write } from '../../audit/reports/report.js';
import type { Severity } from '../../audit/rule-table.js';
import { days } from '../../audit/thresholds.js';
import type { Key } from '../../domain/key.js';
import { visibleText } from '../../domain/visible-text.js';
import type { Output, Tone } from '../../terminal/output.js';
import { textWidth, wrapText, wrapWithIndent } from '../../terminal/text-width.js';
import { summaryLines, trendLines } from './audit-summary.js';

/** The largest number of keys shown for each severity. */
const MOST = 200;
const INDENT = '        ';

/** One key with all its findings; or, without a key, a finding in a file or in the settings. */
interface Block {
  readonly severity: Severity;
  readonly of: KeyReference | null;
  readonly record: Key | null;
  readonly findings: readonly Finding[];
}

interface TextFacts {
  readonly now: number;
  readonly baseline: Baseline | null;
  /** The summary alone: somebody who asked for a page does not read the keys on the screen too. */
  readonly summaryOnly?: boolean;
}

/**
 * For a terminal: a summary, then each key once with its findings and the first command to run. The most
 * severe come first.
 */
export function terminalReport(
  { page, paint, width }: Pick<Output, 'page' | 'paint' | 'width'>,
  { now, baseline, summaryOnly = false }: TextFacts,
): Report {
  const { add, groups } = gather<Block>(MOST, compareBlocks);
  const isNew = (finding: Finding) => baseline !== null && finding.baseline_state === 'new';
  return {
    async add({ key, findings }) {
      for (const block of key === null ? findings.map((one) => [one]) : [findings]) {
        const severity = worstOf(block);
        const of = block[0]?.key ?? null;
        if (severity !== null) add({ severity, of, record: key, findings: worstFirst(block) });
      }
    },
    async end(summary) {
      // Each word in capitals of a shown command is explained once.
      const shown = summaryOnly ? [] : groups().flatMap((group) => group.findings);
      const fixes = shown.map(({ findings }) => recommendedFix(findings) ?? '');
      const capitals = new Set(
        fixes.flatMap(placeholdersIn).map(([word, meaning]) => `${word} in a command: ${meaning}`),
      );
      const blocks = (summaryOnly ? [] : groups()).flatMap((group) =>
        sectionLines(group, { now, isNew, paint, width }),
      );
      const lines = summaryLines(summary, now).map((line) => wrapWithIndent(line, width, '  '));
      const words = [...capitals].map((line) => wrapWithIndent(line, width, '  '));
      const legend = words.length === 0 ? [] : ['', ...words];
      await page(`${[...lines, ...blocks, ...legend].join('\n')}\n`);
    },
  };
}

/** The worse key first; of equally bad ones, the older. */
function compareBlocks(a: Block, b: Block): number {
  const created = ({ record }: Block) => instant(record?.created_at) ?? Number.MAX_SAFE_INTEGER;
  return byWorst(a.findings, b.findings) || created(a) - created(b);
}

/**
 * For a pipe: a tab-separated line for each finding: severity, rule, key, name, where, message, fix; with a
 * baseline also `new` or nothing. The findings of a key stay together, and the worst keys come first. `say`
 * gets what changed since the baseline.
 */
export function linesReport(
  print: Write,
  { baseline, say }: { readonly baseline: Baseline | null; readonly say: (text: string) => void },
): Report {
  const { write, flush } = inChunks(print);
  // Only a key with a high finding is written as it comes: none comes before it.
  const later: Record<Exclude<Severity, 'high'>, string[]> = { medium: [], low: [] };
  const lineOf = (finding: Finding) => {
    const { severity, rule, key, location, message, fix } = finding;
    const where = location === null ? (key?.profile ?? key?.address ?? '') : locationText(location);
    const cells = [severity, rule, key?.id ?? '', key?.name ?? '', where, message, fix ?? ''];
    if (baseline !== null) cells.push(finding.baseline_state === 'new' ? 'new' : '');
    return `${cells.map(visibleText).join('\t')}\n`;
  };
  return {
    async add({ key, findings }) {
      for (const block of key === null ? findings.map((one) => [one]) : [findings]) {
        const worst = worstOf(block);
        const lines = worstFirst(block).map(lineOf).join('');
        if (worst === 'high') await write(lines);
        else if (worst !== null) later[worst].push(lines);
      }
    },
    async end(summary) {
      for (const lines of [...later.medium, ...later.low]) await write(lines);
      await flush();
      for (const line of trendLines(summary)) say(line);
    },
  };
}

export function locationText({ file, line, column, commit }: NonNullable<Finding['location']>): string {
  return `${file}:${line}:${column}${commit === undefined ? '' : ` (${commit.slice(0, 10)})`}`;
}

const TONES: Readonly<Record<Severity, Tone | undefined>> = {
  high: 'bad',
  medium: 'warning',
  low: undefined,
};

interface Look extends Pick<Output, 'paint' | 'width'> {
  readonly now: number;
  readonly isNew: (finding: Finding) => boolean;
}

function sectionLines({ findings: blocks, more }: Gathered<Block>, look: Look): string[] {
  const rest = more > 0 ? [`${INDENT}and ${more} more keys: --json has them all`] : [];
  return [...blocks.flatMap((block) => blockLines(block, look)), ...rest];
}

function blockLines({ severity, of, record, findings }: Block, { now, isNew, paint, width }: Look): string[] {
  const word = severity.toUpperCase().padEnd(INDENT.length);
  const tone = TONES[severity];
  const whose = of === null ? [] : [`${of.name} (${of.id})`, ...(of.profile === null ? [] : [of.profile])];
  // A key may be in several files: then each finding says its own.
  const [place] =
    record !== null
      ? []
      : findings.flatMap(({ location }) => (location === null ? [] : [locationText(location)]));
  const about = visibleText(
    [
      ...(place === undefined ? [] : [place]),
      ...whose,
      ...(record === null ? [] : [livedText(record, now)]),
    ].join('  '),
  );
  const fix = recommendedFix(findings);
  const command = fix === null ? null : `$ ${visibleText(fix)}`;
  const beside =
    about !== '' && command !== null && textWidth(about) + textWidth(command) + INDENT.length + 3 <= width;
  const texts = findings.map((one) => findingText(one, isNew(one), record !== null)).join(' | ');
  const room = width - INDENT.length;
  const [found = '', ...further] = wrapText(texts, room);
  const [who = '', ...more] = wrapText(about, room);
  return [
    // What belongs to no key and no file has no other subject than what was found.
    `${tone === undefined ? word : paint(tone, word)}${who || found}${beside ? `   ${command}` : ''}`,
    ...[...more, ...(about === '' ? [] : [found]), ...further].map((line) => `${INDENT}${line}`),
    ...(command === null || beside ? [] : [`${INDENT}${command}`]),
  ];
}

function findingText({ rule, message, location }: Finding, isNew: boolean, withPlace: boolean): string {
  const place = withPlace && location !== null ? `${locationText(location)}: ` : '';
  return `${rule}${isNew ? ' (new)' : ''}: ${visibleText(`${place}${message}`)}`;
}

/** `age 120d, used 3d ago`; `(here)` where only this program knows of the use. */
function livedText({ created_at, last_used, last_used_here }: Key, now: number): string {
  const created = instant(created_at);
  const used = instant(last_used);
  const age = created === undefined ? 'age not known' : ageText(days(Math.max(0, now - created)));
  if (used !== undefined) return `${age}, ${usedText(days(Math.max(0, now - used)))}`;
  const here = last_used === undefined ? instant(last_used_here) : undefined;
  if (here !== undefined) return `${age}, ${usedText(days(Math.max(0, now - here)))} (here)`;
  return `${age}, ${last_used === null ? 'never used' : 'last use not known'}`;
}

const ageText = (old: number) => (old === 0 ? 'created today' : `age ${old}d`);
const usedText = (ago: number) => (ago === 0 ? 'used today' : `used ${ago}d ago`);
