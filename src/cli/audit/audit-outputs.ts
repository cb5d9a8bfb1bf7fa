import type { Baseline, GoneFinding } from '../../audit/baseline.js';
import type { KeyFindings, Report, Write } from '../../audit/reports/report.js';
import type { ReportFile } from '../../audit/reports/report-file.js';
import type { AuditSummary } from '../../audit/tally.js';
import type { Thresholds } from '../../audit/thresholds.js';
import { KeysError } from '../../domain/errors.js';
import { visibleText } from '../../domain/visible-text.js';
import { fileExists } from '../../storage/files/file-status.js';
import { userName } from '../../storage/user-name.js';
import type { Context } from '../context.js';

export interface OutputFlags {
  readonly sarif?: string | true;
  readonly markdown?: string | true;
  readonly stepSummary?: true;
  readonly html?: string;
}

/** All requested reports, written in one pass. */
export interface AuditOutputs extends Report {
  /** Removes unfinished reports after a failure. */
  abandon(): Promise<void>;
}

interface AuditFacts {
  readonly now: number;
  readonly thresholds: Thresholds;
  readonly configPath: string;
  readonly baseline: Baseline | null;
}

/**
 * Opens the requested reports. A report without a file goes to stdout; only one can. If none does, stdout
 * gets the text report. Throws `usage` for two reports on stdout, and `refused` for a file that cannot be
 * written.
 */
export async function openOutputs(
  flags: OutputFlags,
  facts: AuditFacts,
  context: Context,
): Promise<AuditOutputs> {
  const onStdout = requireOneOnStdout(flags, context);
  const summary = context.env['GITHUB_STEP_SUMMARY'];
  if (flags.stepSummary && !summary) {
    throw new KeysError(
      'usage',
      'this is not a step of a GitHub Actions job: GITHUB_STEP_SUMMARY is not set',
      { hint: 'elsewhere, --markdown <file> writes the same report to a file' },
    );
  }
  const files: ReportFile[] = [];
  const { openReportFile } = await import('../../audit/reports/report-file.js');
  const abandon = async () => {
    for (const file of files) await file.abandon();
  };
  const writer = async (file: string | true, append = false): Promise<Write> => {
    if (file === true) return context.output.print;
    const opened = await openReportFile(file, { append });
    files.push(opened);
    return opened.write;
  };
  try {
    const summaryOnly = flags.html !== undefined;
    const reports = [
      ...(await openFileReports(flags, facts, context, writer)),
      ...(await openStdoutReport({ ...facts, summaryOnly }, context, onStdout)),
    ];
    return {
      async add(audited: KeyFindings) {
        for (const report of reports) await report.add(audited);
      },
      async end(result: AuditSummary, gone: readonly GoneFinding[] = []) {
        for (const report of reports) await report.end(result, gone);
        for (const file of files) await file.finish();
        tellWritten(flags, context);
      },
      abandon,
    };
  } catch (error) {
    await abandon();
    throw error;
  }
}

/** Names the files that were written, on stderr. */
function tellWritten({ sarif, markdown, html }: OutputFlags, { output }: Context): void {
  for (const file of [sarif, markdown]) {
    if (typeof file === 'string') output.say(`wrote ${visibleText(file)}`);
  }
  if (html !== undefined) output.say(`wrote ${visibleText(html)}: open it in a browser`);
}

/** The flags whose reports go to stdout. Throws `usage` for more than one. */
function requireOneOnStdout(flags: OutputFlags, { output }: Context): readonly string[] {
  const onStdout = [
    output.format === 'json' && '--json',
    flags.sarif === true && '--sarif',
    flags.markdown === true && '--markdown',
  ].filter((name) => name !== false);
  if (onStdout.length <= 1) return onStdout;
  throw new KeysError('usage', `${onStdout.join(' and ')} cannot both go to stdout`, {
    hint: 'give all but one a file, such as --sarif audit.sarif',
  });
}

/** The file at which code scanning shows what is in no file: it links to it, so it has to be there. */
function fileForSarif(config: string): string {
  const files = [config, 'keys.yaml', 'README.md', '.gitignore', 'package.json'];
  return files.find(fileExists) ?? config;
}

async function openFileReports(
  flags: OutputFlags,
  facts: AuditFacts,
  context: Context,
  writer: (file: string | true, append?: boolean) => Promise<Write>,
): Promise<Report[]> {
  const reports: Report[] = [];
  if (flags.sarif !== undefined) {
    const { sarifReport } = await import('../../audit/reports/sarif.js');
    reports.push(
      sarifReport(await writer(flags.sarif), {
        version: context.process.version,
        file: fileForSarif(facts.configPath),
      }),
    );
  }
  const markdown: Array<[file: string | true, append: boolean]> = [];
  if (flags.markdown !== undefined) markdown.push([flags.markdown, false]);
  const summary = context.env['GITHUB_STEP_SUMMARY'];
  if (flags.stepSummary && summary) markdown.push([summary, true]);
  for (const [file, append] of markdown) {
    const { markdownReport } = await import('../../audit/reports/markdown.js');
    reports.push(markdownReport(await writer(file, append)));
  }
  if (flags.html !== undefined) {
    const { htmlReport } = await import('../../audit/reports/html.js');
    reports.push(htmlReport(await writer(flags.html), { ...facts, author: authorOf(context) }));
  }
  return reports;
}

/**
 * Returns who runs the audit. On a shared runner it is the person who started the job. Null if nothing says
 * it.
 */
function authorOf({ env }: Pick<Context, 'env'>): string | null {
  return env['GITHUB_ACTOR'] || env['USER'] || env['USERNAME'] || userName(env);
}

/** Returns the report for stdout: JSON, or text if no other report goes there. */
async function openStdoutReport(
  { now, baseline, summaryOnly }: AuditFacts & { readonly summaryOnly: boolean },
  { output }: Context,
  onStdout: readonly string[],
): Promise<Report[]> {
  if (output.format === 'json') {
    return [(await import('../../audit/reports/json.js')).jsonReport(output.print)];
  }
  if (onStdout.length > 0) return [];
  const { terminalReport, linesReport } = await import('./audit-text.js');
  return [
    output.human
      ? terminalReport(output, { now, baseline, summaryOnly })
      : linesReport(output.print, { baseline, say: output.say }),
  ];
}
