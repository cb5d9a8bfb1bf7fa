import { z } from 'zod';
import { fileState, readWhole, replaceFile } from '../files.js';

const mark = z.object({ state: z.string(), checked_at: z.number() });

/** What is remembered of the last check of a whole ledger. `checked_at`: epoch milliseconds. */
type CheckedState = z.infer<typeof mark>;

/** Beside the ledger. Whoever can write it can write the ledger, too. */
const markOf = (file: string) => `${file}-checked`;

/**
 * The file and its log as they are now, in a few words; null where there is no file. A log that is empty
 * counts as none.
 */
export function stateOf(file: string): { readonly bytes: number; readonly text: string } | null {
  const main = fileState(file);
  if (main === null) return null;
  const log = fileState(`${file}-wal`);
  return { bytes: main.bytes, text: `${main.text} ${log === null || log.bytes === 0 ? '' : log.text}` };
}

/** Null where nothing is remembered, or nothing that can be read. */
export function readCheckedState(file: string): CheckedState | null {
  try {
    const found = mark.safeParse(JSON.parse(readWhole(markOf(file), 1_000)?.toString('utf8') ?? 'null'));
    return found.success ? found.data : null;
  } catch {
    return null;
  }
}

/** A state that cannot be written costs the next program a check. */
export function keepCheckedState(file: string, state: CheckedState): void {
  try {
    replaceFile(markOf(file), JSON.stringify(state), { fleeting: true });
  } catch {
    // The next program checks the whole file.
  }
}
