import type { KeyFinder } from './find-keys.js';

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
