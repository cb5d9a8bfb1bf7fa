import { randomBytes } from 'node:crypto';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { KeysError } from '../../domain/errors.js';
import type { Write } from './report.js';

export interface ReportFile {
  readonly write: Write;
  /** Puts the whole report in its place. */
  finish(): Promise<void>;
  /** Leaves what was there before. */
  abandon(): Promise<void>;
}

/**
 * A file for a report, by way of a draft beside it, so that nobody reads half of one. What is no regular file (a pipe,
 * `/dev/stdout`), and with `append` what is there already, is written to as it is. Throws `refused` and `disk_full`.
 */
export async function openReportFile(path: string, { append = false } = {}): Promise<ReportFile> {
  return await orFailure(path, async () => {
    const target = await realpath(path).catch(() => path);
    const facts = await stat(target).catch(() => null);
    const direct = append || (facts !== null && !facts.isFile());
    const draft = direct ? target : `${target}.${randomBytes(6).toString('hex')}.keys-new`;
    const file = await open(draft, append ? 'a' : direct ? 'w' : 'wx');
    return {
      write: (text) => orFailure(path, async () => void (await file.writeFile(text))),
      finish: () =>
        orFailure(path, async () => {
          await file.close();
          if (!direct) await rename(draft, target);
        }),
      async abandon() {
        await file.close().catch(() => undefined);
        if (!direct) await rm(draft, { force: true });
      },
    };
  });
}

async function orFailure<Value>(path: string, act: () => Promise<Value>): Promise<Value> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    const full = error.code === 'ENOSPC' || error.code === 'EDQUOT';
    throw new KeysError(full ? 'disk_full' : 'refused', `${path} cannot be written: ${error.message}`, {
      hint: full ? 'free some space' : 'take another file, or give yourself the right to this one',
      cause: error,
    });
  }
}
