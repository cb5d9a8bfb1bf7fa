import { constants, type Dirent } from 'node:fs';
import { lstat, open, readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import type { SkipReason } from './found.js';
import { HEAD_BYTES, isBinary } from './text-of.js';

/** Whether there is such a folder. */
export async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}

/**
 * A regular file's bytes, at most `maxBytes`; of a symbolic link its target's name, as git keeps it: it is
 * not followed. `null`: nothing there to be looked into (it is gone, a pipe). A folder where a file was
 * expected is another repository's.
 */
export async function readRegularFile(
  path: string | Buffer,
  maxBytes: number,
): Promise<Buffer | SkipReason | null> {
  try {
    const facts = await lstat(path);
    if (facts.isDirectory()) return 'repository';
    if (facts.isSymbolicLink()) return await readlink(path, 'buffer');
    if (!facts.isFile()) return null;
    if (facts.size <= maxBytes) return await readUpTo(path, facts.size);
    return isBinary(await readUpTo(path, HEAD_BYTES)) ? 'binary' : 'large';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'ENOENT' || code === 'ELOOP' ? null : 'unreadable';
  }
}

/**
 * Between the look at a file and its opening it may have become a link or a pipe: neither is followed or
 * waited for.
 */
const SAFELY = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

async function readUpTo(path: string | Buffer, size: number): Promise<Buffer> {
  const file = await open(path, SAFELY);
  try {
    const bytes = Buffer.allocUnsafe(size);
    let at = 0;
    while (at < size) {
      const { bytesRead } = await file.read(bytes, at, size - at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes.subarray(0, at);
  } finally {
    await file.close();
  }
}

const MAX_IGNORE_FILE_BYTES = 1024 * 1024;

interface Rules {
  /** From the root, with `/` at its end; empty for the root itself. */
  readonly base: string;
  readonly rules: Ignore;
}

/**
 * Files under a folder, in order, with `/`, from the folder; links are neither followed nor named.
 * `ignoreFiles`: whether what `.gitignore` files leave out is left out, a nearer file's word before a farther
 * one's. A folder that cannot be read is named itself.
 */
export async function* walk(root: string, ignoreFiles: boolean): AsyncGenerator<string> {
  yield* walkFolder(root, '', ignoreFiles ? [] : null);
}

async function* walkFolder(
  root: string,
  base: string,
  above: readonly Rules[] | null,
): AsyncGenerator<string> {
  const entries = await readdir(join(root, base), { withFileTypes: true }).catch(() => null);
  if (entries === null) {
    yield base.slice(0, -1);
    return;
  }
  const rules = above === null ? null : await rulesOf(root, base, entries, above);
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = base + entry.name;
    if (entry.isDirectory()) {
      if (entry.name !== '.git' && !ignored(`${path}/`, rules)) yield* walkFolder(root, `${path}/`, rules);
    } else if (entry.isFile() && !ignored(path, rules)) yield path;
  }
}

async function rulesOf(
  root: string,
  base: string,
  entries: readonly Dirent[],
  above: readonly Rules[],
): Promise<readonly Rules[]> {
  if (!entries.some((entry) => entry.name === '.gitignore' && entry.isFile())) return above;
  const read = await readRegularFile(join(root, base, '.gitignore'), MAX_IGNORE_FILE_BYTES);
  const text = Buffer.isBuffer(read) ? read.toString() : '';
  return [{ base, rules: ignore({ ignorecase: false }).add(text) }, ...above];
}

function ignored(path: string, nearestFirst: readonly Rules[] | null): boolean {
  for (const { base, rules } of nearestFirst ?? []) {
    const verdict = rules.test(path.slice(base.length));
    if (verdict.unignored) return false;
    if (verdict.ignored) return true;
  }
  return false;
}
