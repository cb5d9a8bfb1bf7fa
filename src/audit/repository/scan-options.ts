import type { KeyFinder, KeyMatch } from './find-keys.js';
import type { Found, Skipped } from './found.js';
import { textOf } from './text-of.js';

/** Most bytes of a file that is looked into. */
export const DEFAULT_MAX_FILE_BYTES = 5 * 1024 * 1024;

export interface ScanOptions {
  readonly find: KeyFinder;
  /** What git is run with, less what is ours: `PATH`, `HOME`, in a hook `GIT_INDEX_FILE`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly maxFileBytes?: number;
  /** Told of each file before it is looked into, for progress. */
  readonly onFile?: (file: string) => void;
}

/** A file, and in history the commit that brought it. */
interface Place {
  readonly file: string;
  readonly commit?: string;
}

/** What one file's bytes hold. */
export function* scanBytes(find: KeyFinder, bytes: Buffer, place: Place): Generator<Found | Skipped> {
  const text = textOf(bytes);
  if (text === null) yield { kind: 'skipped', reason: 'binary', ...place };
  else for (const match of find(text)) yield toFound(match, place);
}

/** A match without its offsets: from here on nothing leads back to the secret but the file itself. */
export function toFound({ start: _start, end: _end, ...match }: KeyMatch, place: Place): Found {
  return { ...match, ...place };
}
