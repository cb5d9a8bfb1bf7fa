import { type Blobs, openBlobs } from './blobs.js';
import type { KeyFinder } from './find-keys.js';
import type { FoundSecret, Skipped } from './found.js';
import { gitLine, gitRecords } from './git.js';
import { RAW_FLAGS, type RawChange, rawChanges } from './raw-diff.js';
import { DEFAULT_MAX_FILE_BYTES, digestsIn, type ScanOptions, scanBytes } from './scan-bytes.js';

/**
 * Keys that the staged content adds, whatever the work tree holds: those of each changed file that the file
 * did not hold before, so that an old finding blocks no commit that merely touches, moves or indents it.
 * Three git processes in all. Throws `repository_unreadable`.
 */
export async function* scanStaged(root: string, options: ScanOptions): AsyncGenerator<FoundSecret | Skipped> {
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
      else {
        const before = await digestsBefore(find, read, change, blobs);
        yield* scanBytes(find, read, { file: change.path }, before);
      }
    }
  } finally {
    blobs.close();
  }
}

/** Digests of what a file held before; asked for only where it holds something now. */
async function digestsBefore(
  find: KeyFinder,
  bytes: Buffer,
  { oldOid }: RawChange,
  blobs: Blobs,
): Promise<ReadonlySet<string>> {
  const added = /^0+$/.test(oldOid);
  if (added || digestsIn(find, bytes).size === 0) return new Set();
  const before = await blobs.read(oldOid);
  return typeof before === 'string' ? new Set() : digestsIn(find, before);
}
