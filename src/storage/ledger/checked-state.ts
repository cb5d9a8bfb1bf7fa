import { isRecord } from '../../domain/is-record.js';
import { fileState } from '../files/file-status.js';
import { readWhole } from '../files/read-file.js';
import { replaceFile } from '../files.js';

/** What is remembered of the last check of a whole ledger. */
interface CheckedState {
  readonly state: string;
  /** Epoch milliseconds. */
  readonly checked_at: number;
}

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
    const found: unknown = JSON.parse(readWhole(markOf(file), 1_000)?.toString('utf8') ?? 'null');
    // By hand: every create and roll loads this file, and zod takes longer to load than all else of theirs.
    if (!isRecord(found)) return null;
    const { state, checked_at } = found;
    return typeof state === 'string' && typeof checked_at === 'number' ? { state, checked_at } : null;
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
