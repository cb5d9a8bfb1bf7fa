import { refuseEscape } from '../../storage/escape.js';
import { openDraft } from '../../storage/files/growing-file.js';
import type { Write } from './report.js';

export interface ReportFile {
  readonly write: Write;
  /** Puts the whole report in its place. */
  finish(): Promise<void>;
  /** Leaves what was there before. */
  abandon(): Promise<void>;
}

/**
 * A file for a report: nobody reads half of one. A pipe or `/dev/stdout`, and with `append` the file that is
 * there, is written directly. Throws `refused`, also for a path in the current folder whose links lead out of
 * it: whoever wrote the repository chose where; and `disk_full`.
 */
export async function openReportFile(path: string, { append = false } = {}): Promise<ReportFile> {
  refuseEscape(path);
  const draft = openDraft(path, { append });
  return {
    write: async (text) => draft.write(text),
    finish: async () => draft.finish(),
    abandon: async () => draft.abandon(),
  };
}
