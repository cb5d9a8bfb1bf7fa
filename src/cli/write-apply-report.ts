import { openReportFile } from '../audit/reports/report-file.js';
import { markdownCode as code, markdownText as text } from '../terminal/markdown-text.js';
import type { ApplyReport, ReportLine } from './apply-report.js';
import type { Context } from './context.js';
import { words } from './show-plan.js';

/** Writes the report: JSON to a file whose name ends so, else Markdown; it is added to the summary of a GitHub job. */
export async function writeReport(path: string, report: ApplyReport, { env }: Context): Promise<void> {
  const file = await openReportFile(path, { append: path === env['GITHUB_STEP_SUMMARY'] });
  try {
    await file.write(
      path.endsWith('.json') ? `${JSON.stringify(report, null, 2)}\n` : reportMarkdown(report),
    );
    await file.finish();
  } catch (error) {
    await file.abandon();
    throw error;
  }
}

/** Markdown for a pull request, a chat or the summary of a CI job. */
function reportMarkdown({ file, ended_at, actions, to_do }: ApplyReport): string {
  const did = actions.filter(({ result }) => result === 'done');
  const left = actions.filter(
    ({ result }) => result === 'pending' || result === 'failed' || result === 'skipped',
  );
  const parts = [
    '## keys apply',
    `${code(file)}, ${text(ended_at)}: **${did.length} done**, ${left.length} not finished`,
    ...table('### Done', did),
    ...table('### Not finished', left),
    ...(to_do.length === 0 ? [] : ['### To do', to_do.map((line) => `- ${text(line)}`).join('\n')]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function table(title: string, lines: readonly ReportLine[]): string[] {
  if (lines.length === 0) return [];
  const rows = lines.map(
    ({ action, account, key, id, why, message, previous }) =>
      `| ${[words(action), `${code(`${account}/${key}`)} ${code(id ?? '')}`, text(message ?? why), oldKey(previous)].join(' | ')} |`,
  );
  return [title, ['| action | key | why | old key |', '| --- | --- | --- | --- |', ...rows].join('\n')];
}

function oldKey(previous: ReportLine['previous']): string {
  if (previous === undefined) return '';
  if (previous.works_until === null) return `${code(previous.id)} has ended`;
  const by = previous.ended_by === 'keys' ? '; a later apply revokes it' : '';
  return `${code(previous.id)} works until ${text(previous.works_until)}${by}`;
}
