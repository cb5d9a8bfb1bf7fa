import { openReportFile } from '../../audit/reports/report-file.js';
import { keysErrorOf } from '../../domain/errors.js';
import { markdownCode as code, markdownText as text } from '../../terminal/markdown-text.js';
import type { Context } from '../context.js';
import type { ApplyReport, ReportLine } from './apply-report.js';
import { words } from './show-plan.js';

/**
 * Writes the report: JSON to a file whose name ends so, else Markdown; it is added to the summary of a GitHub
 * job.
 */
export async function writeReport(path: string, report: ApplyReport, context: Context): Promise<void> {
  await writeText(
    path,
    isJson(path) ? `${JSON.stringify(report, null, 2)}\n` : reportMarkdown(report),
    context,
  );
}

/** Writes why an apply did nothing, in the same file and format. */
export async function writeFailure(
  path: string,
  file: string,
  error: unknown,
  context: Context,
): Promise<void> {
  const { code: errorCode, message, hint, details } = keysErrorOf(error);
  const lines = Array.isArray(details?.['lines']) ? details['lines'].map(String) : [];
  const json = { file, error: { code: errorCode, message, hint: hint ?? null, lines } };
  const parts = [
    '## keys apply',
    `${code(file)}: **failed**: ${text(message)}`,
    ...(hint === undefined ? [] : [text(hint)]),
    ...(lines.length === 0 ? [] : [lines.map((line) => `- ${text(line)}`).join('\n')]),
  ];
  await writeText(
    path,
    isJson(path) ? `${JSON.stringify(json, null, 2)}\n` : `${parts.join('\n\n')}\n`,
    context,
  );
}

function isJson(path: string): boolean {
  return path.endsWith('.json');
}

async function writeText(path: string, content: string, { env }: Context): Promise<void> {
  const file = await openReportFile(path, { append: path === env['GITHUB_STEP_SUMMARY'] });
  try {
    await file.write(content);
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
  const others = actions.filter(({ on }) => on !== undefined);
  const beside = actions.filter(({ operation }) => operation !== undefined);
  const conflicts = actions.filter(({ action }) => action === 'conflict').length;
  const parts = [
    '## keys apply',
    `${code(file)}, ${text(ended_at)}: **${did.length} done**, ${left.length} not finished${conflicts === 0 ? '' : `, **${conflicts} with a conflict**`}`,
    ...table('### Done', did),
    ...table('### Not finished', left),
    ...table('### Left to other machines', others),
    ...table('### Not in the file, and not finished', beside),
    ...(to_do.length === 0 ? [] : ['### To do', to_do.map((line) => `- ${text(line)}`).join('\n')]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function table(title: string, lines: readonly ReportLine[]): string[] {
  if (lines.length === 0) return [];
  const rows = lines.map(
    ({ action, account, key, id, result, why, message, previous }) =>
      `| ${[words(action), `${code(`${account}/${key}`)} ${code(id ?? '')}`, text(result === 'reported' ? why : (message ?? why)), oldKey(previous)].join(' | ')} |`,
  );
  return [title, ['| action | key | why | old key |', '| --- | --- | --- | --- |', ...rows].join('\n')];
}

function oldKey(previous: ReportLine['previous']): string {
  if (previous === undefined) return '';
  if (previous.works_until === null) return `${code(previous.id)} has ended`;
  const by = previous.ended_by === 'keys' ? '; a later apply revokes it' : '';
  return `${code(previous.id)} works until ${text(previous.works_until)}${by}`;
}
