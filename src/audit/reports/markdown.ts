import { unreadText } from '../../connect/unread-accounts.js';
import { counted } from '../../domain/counted.js';
import { markdownCode as code, markdownText as text } from '../../terminal/markdown-text.js';
import type { Finding } from '../finding.js';
import { RULES } from '../rule-table.js';
import { type AuditSummary, ofWhichRevoked } from '../tally.js';
import { type Gathered, gather } from './gather.js';
import type { Report, Write } from './report.js';

/** Of each severity: a comment holds 65,536 characters. */
const MOST = 50;

/** Markdown for a pull request's comment or a job's summary: counts, then the worst first. */
export function markdownReport(print: Write): Report {
  const { add, groups } = gather<Finding>(MOST);
  return {
    async add({ findings }) {
      for (const finding of findings) add(finding);
    },
    end: (summary) => print(document(groups(), summary)),
  };
}

function document(groups: readonly Gathered[], summary: AuditSummary): string {
  const { high, medium, low } = summary.findings;
  const parts = [
    '## keys audit',
    `${counted(summary.keys, 'key')}${ofWhichRevoked(summary)}, ${summary.keys_by_worst.none} without a finding. Findings: **${high} high**, ${medium} medium, ${low} low${summary.ignored > 0 ? `; ${summary.ignored} ignored` : ''}`,
    ...summary.sources.flatMap(({ profile, address, error }) =>
      error === null
        ? []
        : [`> ${code(profile ?? address ?? 'a service')} could not be audited: ${text(error.message)}`],
    ),
    ...(summary.unread.length === 0 ? [] : [`> ${text(unreadText(summary.unread))}`]),
    ...groups.flatMap(section),
    ...untold(summary),
  ];
  return `${parts.join('\n\n')}\n`;
}

function section({ severity, findings, more }: Gathered): string[] {
  const rows = findings.map((finding) => `| ${[what(finding), where(finding), fix(finding)].join(' | ')} |`);
  return [
    `### ${severity}`,
    ['| what | where | to fix it |', '| --- | --- | --- |', ...rows].join('\n'),
    ...(more > 0 ? [`and ${more} more: \`keys audit --json\` has them all`] : []),
  ];
}

function what({ rule, message }: Finding): string {
  return `\`${rule}\`: ${text(message)}`;
}

function where({ key, location }: Finding): string {
  const place = location === null ? [] : [code(`${location.file}:${location.line}`)];
  const whose = key === null ? [] : [`${code(key.name)} ${code(key.id)}`];
  return [...place, ...whose].join(' ');
}

function fix({ fix: command }: Finding): string {
  return command === null ? '' : code(command);
}

function untold({ cannot_tell }: AuditSummary): string[] {
  if (cannot_tell.length === 0) return [];
  const lines = cannot_tell.map(
    ({ rule, provider, profile, keys }) =>
      `- \`${rule}\` (${RULES[rule].title}): ${keys} of ${code(profile ?? provider)}`,
  );
  return ['### cannot tell', `The service does not say what these rules ask about.\n\n${lines.join('\n')}`];
}
