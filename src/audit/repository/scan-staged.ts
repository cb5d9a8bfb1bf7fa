import { type Blobs, openBlobs } from './blobs.js';
import type { KeyFinder, KeyMatch } from './find-keys.js';
import type { Found, Skipped } from './found.js';
import { gitLine, gitRecords } from './git.js';
import { digestOf } from './known-secrets.js';
import { RAW_FLAGS, type RawChange, rawChanges } from './raw-diff.js';
import { DEFAULT_MAX_FILE_BYTES, type ScanOptions, toFound } from './scan-options.js';
import { textOf } from './text-of.js';

/**
 * Keys that the staged content adds, whatever the work tree holds: those of each changed file that the file did not hold before,
 * so that an old finding blocks no commit that merely touches, moves or indents it. Three git processes in all.
 * Throws `repository_unreadable`.
 */
export async function* scanStaged(root: string, options: ScanOptions): AsyncGenerator<Found | Skipped> {
  const { find, env, maxFileBytes = DEFAULT_MAX_FILE_BYTES } = options;
  const args = ['diff', '--cached', '--no-relative', '-M', '--diff-filter=ACMRT', ...RAW_FLAGS];
  // Outside of a repository, git diff means something else.
  await gitLine(root, env, ['rev-parse', '--git-dir']);
  const blobs = openBlobs(root, env, maxFileBytes);
  try {
    for await (const change of rawChanges(gitRecords(root, env, args))) {
      if (!change.regular) continue;
      options.onFile?.(change.path);
      const read = await blobs.read(change.oid);
      if (typeof read === 'string') yield { kind: 'skipped', reason: read, file: change.path };
      else yield* addedKeys(find, read, change, blobs);
    }
  } finally {
    blobs.close();
  }
}

async function* addedKeys(
  find: KeyFinder,
  bytes: Buffer,
  { path: file, oldOid }: RawChange,
  blobs: Blobs,
): AsyncGenerator<Found | Skipped> {
  const text = textOf(bytes);
  if (text === null) {
    yield { kind: 'skipped', reason: 'binary', file };
    return;
  }
  const matches = find(text);
  if (matches.length === 0) return;
  const before = await digestsBefore(find, oldOid, blobs);
  for (const match of matches) {
    if (!before.has(digestAt(text, match))) yield toFound(match, { file });
  }
}

/** Digests of the keys that a file held before; of a new file, none. */
async function digestsBefore(find: KeyFinder, oid: string, blobs: Blobs): Promise<Set<string>> {
  const read = /^0+$/.test(oid) ? null : await blobs.read(oid);
  const text = Buffer.isBuffer(read) ? (textOf(read) ?? '') : '';
  return new Set(find(text).map((match) => digestAt(text, match)));
}

function digestAt(text: string, { start, end }: KeyMatch): string {
  return digestOf(text.slice(start, end));
}
