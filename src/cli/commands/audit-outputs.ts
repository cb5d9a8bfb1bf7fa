import type { Audited, Report, Write } from '../../audit/reports/report.js';
import type { ReportFile } from '../../audit/reports/report-file.js';
import type { AuditSummary } from '../../audit/tally.js';
import type { Thresholds } from '../../audit/thresholds.js';
import { KeysError } from '../../domain/errors.js';
import type { Context } from '../context.js';

export interface OutputFlags {
  readonly sarif?: string | true;
  readonly markdown?: string | true;
  readonly stepSummary?: true;
  readonly html?: string;
}

/** Every report that was asked for, written side by side in one pass. */
export interface AuditOutputs extends Report {
  /** Leaves no half a report where something failed. */
  abandon(): Promise<void>;
}

type Open = (path: string, options?: { append?: boolean }) => Promise<ReportFile>;

/**
 * Opens what the flags ask for: a report without a file goes to stdout, of which there may be one; where nothing else does,
 * what people read goes there. Throws `usage` for two on stdout, `refused` for a file that cannot be written.
 */
export async function openOutputs(
  flags: OutputFlags,
  facts: { readonly now: number; readonly thresholds: Thresholds; readonly configPath: string },
  context: Context,
): Promise<AuditOutputs> {
  const output = context.output;
  const onStdout = [
    output.format === 'json' && '--json',
    flags.sarif === true && '--sarif',
    flags.markdown === true && '--markdown',
  ].filter((name) => name !== false);
  if (onStdout.length > 1) {
    throw new KeysError('usage', `${onStdout.join(' and ')} cannot both go to stdout`, {
      hint: 'give all but one a file, such as --sarif audit.sarif',
    });
  }
  const summary = context.env['GITHUB_STEP_SUMMARY'];
  if (flags.stepSummary && !summary) {
    throw new KeysError(
      'usage',
      'GITHUB_STEP_SUMMARY is not set: this is not a step of a GitHub Actions job',
    );
  }
  const files: ReportFile[] = [];
  const reports: Report[] = [];
  const { openReportFile } = await import('../../audit/reports/report-file.js');
  const writer = async (file: string | true, open: Open = openReportFile, append = false): Promise<Write> => {
    if (file === true) return output.print;
    const opened = await open(file, { append });
    files.push(opened);
    return opened.write;
  };
  const abandon = async () => {
    for (const file of files) await file.abandon();
  };
  try {
    if (flags.sarif !== undefined) {
      const { sarifReport } = await import('../../audit/reports/sarif.js');
      const options = { version: context.process.version, file: facts.configPath };
      reports.push(sarifReport(await writer(flags.sarif), options));
    }
    if (flags.markdown !== undefined || flags.stepSummary) {
      const { markdownReport } = await import('../../audit/reports/markdown.js');
      if (flags.markdown !== undefined) reports.push(markdownReport(await writer(flags.markdown)));
      if (flags.stepSummary && summary)
        reports.push(markdownReport(await writer(summary, openReportFile, true)));
    }
    if (flags.html !== undefined) {
      const { htmlReport } = await import('../../audit/reports/html.js');
      reports.push(htmlReport(await writer(flags.html), facts.now));
    }
    if (output.format === 'json') {
      reports.push((await import('../../audit/reports/json.js')).jsonReport(output.print));
    } else if (onStdout.length === 0) {
      const { terminalReport, linesReport } = await import('./audit-text.js');
      reports.push(
        output.human ? terminalReport(output.print, facts.now, facts.thresholds) : linesReport(output.print),
      );
    }
  } catch (error) {
    await abandon();
    throw error;
  }
  return {
    async add(audited: Audited) {
      for (const report of reports) await report.add(audited);
    },
    async end(result: AuditSummary) {
      for (const report of reports) await report.end(result);
      for (const file of files) await file.finish();
    },
    abandon,
  };
}
