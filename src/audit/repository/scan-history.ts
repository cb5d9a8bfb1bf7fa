import { openBlobs } from './blobs.js';
import type { Found, Skipped } from './found.js';
import { gitRecords } from './git.js';
import { RAW_FLAGS, rawChanges } from './raw-diff.js';
import { DEFAULT_MAX_FILE_BYTES, type ScanOptions, scanBytes } from './scan-options.js';

/** What a merge commit has of its own is in `-c`: what came from its parents was theirs. */
const LOG = [
  'log',
  '--all',
  '--reverse',
  '--topo-order',
  '--root',
  '-c',
  '--no-renames',
  '--no-notes',
  '--format=commit %H',
];

/**
 * Keys in everything that was ever committed, on every branch, tag and stash, oldest first: each content once, with the first
 * commit and path that brought it. Two git processes; holds one content at a time, and 20 bytes for each that it has seen.
 * Throws `repository_unreadable`.
 */
export async function* scanHistory(root: string, options: ScanOptions): AsyncGenerator<Found | Skipped> {
  const { find, env, maxFileBytes = DEFAULT_MAX_FILE_BYTES } = options;
  const seen = new Set<string>();
  const blobs = openBlobs(root, env, maxFileBytes);
  try {
    for await (const { oid, regular, path: file, commit } of rawChanges(
      gitRecords(root, env, [...LOG, ...RAW_FLAGS]),
    )) {
      const short = Buffer.from(oid, 'hex').toString('latin1');
      if (!regular || seen.has(short)) continue;
      seen.add(short);
      options.onFile?.(file);
      const read = await blobs.read(oid);
      if (typeof read === 'string') yield { kind: 'skipped', reason: read, file, commit };
      else yield* scanBytes(find, read, { file, commit });
    }
  } finally {
    blobs.close();
  }
}
