import { compact } from '../../domain/compact.js';
import type { KeyFinder, KeyMatch } from './find-keys.js';
import type { FoundSecret, Skipped } from './found.js';
import { digestOf } from './known-secrets.js';
import { textOf } from './text-of.js';

/** Most bytes of a file that is looked into. */
export const DEFAULT_MAX_FILE_BYTES = 5 * 1024 * 1024;

export interface ScanOptions {
  readonly find: KeyFinder;
  /** What git is run with, less what is ours: `PATH`, `HOME`, in a hook `GIT_INDEX_FILE`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly maxFileBytes?: number;
  /** Called before each file is searched, to show progress. */
  readonly onFile?: (file: string) => void;
}

/** A file, in history the commit that brought it, and in a work tree whether git tracks it. */
type FoundAt = Pick<FoundSecret, 'file' | 'commit' | 'tracked'>;

const NONE: ReadonlySet<string> = new Set();

/**
 * What one file's bytes hold, less the secrets whose digests are in `old`. Nothing in it leads back to a
 * secret but the file.
 */
export function* scanBytes(
  find: KeyFinder,
  bytes: Buffer,
  at: FoundAt,
  old = NONE,
): Generator<FoundSecret | Skipped> {
  const text = textOf(bytes);
  let count = 0;
  for (const { text: searched, match } of matchesIn(find, bytes, text)) {
    count++;
    const { start: _start, end: _end, ...found } = match;
    if (old.size === 0 || !old.has(digestAt(searched, match))) yield { ...found, ...at };
  }
  if (text === null && count === 0) yield { kind: 'skipped', reason: 'binary', ...skippedAt(at) };
}

const skippedAt = ({ file, commit }: FoundAt) => ({ file, ...compact({ commit }) });

interface Match {
  readonly text: string;
  readonly match: KeyMatch;
}

/**
 * Keys in a text; in what is none, those that stand in it byte for byte, or with a NUL between, as in UTF-16.
 */
function matchesIn(find: KeyFinder, bytes: Buffer, text: string | null): Match[] {
  if (text !== null) return find(text).map((match) => ({ text, match }));
  const latin = bytes.toString('latin1');
  const seen = new Set<string>();
  return [latin, latin.replaceAll('\0', '')].flatMap((searched) =>
    find(searched).flatMap((match) => {
      const digest = digestAt(searched, match);
      if (seen.has(digest)) return [];
      seen.add(digest);
      return [{ text: searched, match }];
    }),
  );
}

/** Digests of the secrets in a file's bytes. */
export function digestsIn(find: KeyFinder, bytes: Buffer): ReadonlySet<string> {
  return new Set(matchesIn(find, bytes, textOf(bytes)).map(({ text, match }) => digestAt(text, match)));
}

function digestAt(text: string, { start, end }: KeyMatch): string {
  return digestOf(text.slice(start, end));
}
