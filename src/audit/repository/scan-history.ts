import { openBlobs } from './blobs.js';
import type { FoundSecret, Skipped } from './found.js';
import { gitRecords } from './git.js';
import { RAW_FLAGS, rawChanges } from './raw-diff.js';
import { DEFAULT_MAX_FILE_BYTES, digestsIn, type ScanOptions, scanBytes } from './scan-bytes.js';

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
 * Keys in everything that was ever committed, on every branch, tag and stash, oldest first: each content
 * once, and each key of a file with the first commit that brought it there. Two git processes; holds one
 * content at a time, and a hash for each that it has seen. Throws `repository_unreadable`.
 */
export async function* scanHistory(
  root: string,
  options: ScanOptions,
): AsyncGenerator<FoundSecret | Skipped> {
  const { find, env, maxFileBytes = DEFAULT_MAX_FILE_BYTES } = options;
  const seen = new Set<string>();
  const reported = new Map<string, ReadonlySet<string>>();
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
      else {
        const old = reported.get(file);
        yield* scanBytes(find, read, { file, commit }, old);
        const digests = digestsIn(find, read);
        if (digests.size > 0) reported.set(file, new Set([...(old ?? []), ...digests]));
      }
    }
  } finally {
    blobs.close();
  }
}
