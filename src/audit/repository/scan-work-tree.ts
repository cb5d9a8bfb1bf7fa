import { join } from 'node:path';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { isFolder, readRegularFile, walk } from './folder.js';
import type { FoundSecret, Skipped } from './found.js';
import { gitRecords, inWorkTree } from './git.js';
import { DEFAULT_MAX_FILE_BYTES, type ScanOptions, scanBytes } from './scan-bytes.js';

export interface WorkTreeOptions extends ScanOptions {
  /** Also what ignore files leave out. Default false. */
  readonly includeIgnored?: boolean;
}

/**
 * Keys in the files under a folder: as git lists them, or outside git as a walk finds them. Holds one file at
 * a time. Throws `not_found` where there is no such folder and `repository_unreadable` where git fails.
 */
export async function* scanWorkTree(
  root: string,
  options: WorkTreeOptions,
): AsyncGenerator<FoundSecret | Skipped> {
  const { find, maxFileBytes = DEFAULT_MAX_FILE_BYTES } = options;
  if (!(await isFolder(root))) throw new KeysError('not_found', `no such folder: ${root}`);
  for await (const { file, path, tracked } of filesOf(root, options)) {
    options.onFile?.(file);
    const read = await readRegularFile(path, maxFileBytes);
    if (read === null) continue;
    if (typeof read === 'string') yield { kind: 'skipped', reason: read, file };
    else yield* scanBytes(find, read, { file, ...compact({ tracked }) });
  }
}

interface Listed {
  readonly file: string;
  readonly path: string | Buffer;
  readonly tracked?: boolean;
}

async function* filesOf(root: string, options: WorkTreeOptions): AsyncGenerator<Listed> {
  const everything = options.includeIgnored ?? false;
  if (!everything && (await inWorkTree(root, options.env))) yield* listedByGit(root, options);
  else for await (const file of walk(root, !everything)) yield { file, path: join(root, file) };
}

async function* listedByGit(root: string, { env }: WorkTreeOptions): AsyncGenerator<Listed> {
  const records = gitRecords(root, env, [
    'ls-files',
    '-z',
    '-t',
    '--cached',
    '--others',
    '--exclude-standard',
  ]);
  const folder = Buffer.from(join(root, '/'));
  let last = '';
  for await (const record of records) {
    // A letter, a space and the path; `?` is the letter of a file that git does not track.
    const tracked = record.toString('latin1', 0, 1) !== '?';
    const path = record.subarray(2);
    // A file with a merge conflict is listed once a side.
    const file = path.toString().replace(/\/$/, '');
    if (file !== last) yield { file, path: Buffer.concat([folder, path]), tracked };
    last = file;
  }
}
