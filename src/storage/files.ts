/**
 * Writes every file of the program but the locks. A write is whole or not done at all: the bytes go to a
 * draft beside the file, reach the disk, and take the file's place by a rename. Owner and mode are set
 * through the draft's descriptor, and on Linux the folder is held open meanwhile, so that nobody can redirect
 * a write by swapping a name.
 */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  openSync,
  readSync,
  renameSync,
  type Stats,
  unlinkSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { KeysError } from '../domain/errors.js';
import { drop, dropOldDrafts, putInPlace, type WriteOptions, writeDraft, writeFully } from './files/draft.js';
import { fileFailure, isCode, notRegular } from './files/file-failure.js';
import { isOpenToOthers, regular, statusOf } from './files/file-status.js';
import { syncFolder } from './files/folders.js';
import { followFolders, followLinks } from './files/follow-links.js';
import { inFolderOf, withFolderOf } from './files/held-folder.js';
import { NEVER_WAIT, NO_LINK } from './files/open-flags.js';
import { readRegular } from './files/read-file.js';

const LINE_END = 0x0a;

/**
 * Changes a file under its lock: `change` gets the bytes that are there (null: no file) and returns those
 * that shall be there, or null to leave the file as it is. Links are followed and stay. Returns whether it
 * was written. Throws `refused` and `disk_full` with the old file untouched.
 */
export async function changeFile(
  path: string,
  options: WriteOptions & { readonly maxBytes: number },
  change: (before: Buffer | null) => Uint8Array | null,
): Promise<boolean> {
  return await inFolderOf(followLinks(path), async (target) =>
    underLock(target, () => {
      const before = readRegular(target, options.maxBytes, NO_LINK);
      const after = change(before?.bytes ?? null);
      if (after === null) return false;
      // Owner and mode are those of what was read: what is there by now may be somebody else's.
      replace(target, after, before?.status ?? null, options);
      return true;
    }),
  );
}

/** Writes a file whole, without a lock: another program may replace it at any time. Links are followed. */
export function replaceFile(path: string, bytes: Uint8Array | string, options: WriteOptions = {}): void {
  withFolderOf(followLinks(path), (target) => replace(target, bytes, regular(target), options));
}

/**
 * Creates a file, whole or not at all, in a folder that is created if needed (0700). Returns false if there
 * is one already: it is left as it is. Throws `refused` and `disk_full`.
 */
export async function createFile(
  path: string,
  bytes: Uint8Array | string,
  options: WriteOptions = {},
): Promise<boolean> {
  return await inFolderOf(followFolders(path), async (target) =>
    underLock(target, () => {
      if (statusOf(target) !== null) return false;
      const draft = writeDraft(target, bytes, null, options);
      try {
        return link(draft.path, target);
      } finally {
        closeSync(draft.file);
        drop(draft.path);
        syncFolder(dirname(target));
      }
    }),
  );
}

/** Gives the draft its name, if nothing has it. The lock makes the second way safe among programs of ours. */
function link(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    if (!isCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL')) {
      throw fileFailure('write', path, error);
    }
  }
  try {
    renameSync(draft, path);
    return true;
  } catch (error) {
    throw fileFailure('write', path, error);
  }
}

/**
 * Proves that a file could be written: rights, a read-only file system, a full disk and a target that is no
 * regular file are found here. Leaves nothing behind. Returns whether others may read the file that is there.
 */
export function tryWrite(path: string, bytes: number): { readonly readableByOthers: boolean } {
  return withFolderOf(followLinks(path), (target) => {
    const status = regular(target);
    const draft = writeDraft(target, Buffer.alloc(bytes), status, { secret: true });
    closeSync(draft.file);
    drop(draft.path);
    return { readableByOthers: status !== null && isOpenToOthers(status.mode) };
  });
}

/**
 * Appends lines to a regular file that exists, all of them. They begin on a line of their own. Throws
 * `refused` and `disk_full`; what was appended in part is cut off, unless another program has appended
 * meanwhile.
 */
export function appendToFile(path: string, text: string): void {
  withFolderOf(followLinks(path), (target) => {
    let file: number | undefined;
    try {
      file = openSync(target, constants.O_RDWR | constants.O_APPEND | NEVER_WAIT | NO_LINK);
      const status = fstatSync(file);
      if (!status.isFile()) throw notRegular(path);
      const last = Buffer.alloc(1);
      if (status.size > 0) readSync(file, last, 0, 1, status.size - 1);
      const separated = status.size === 0 || last[0] === LINE_END ? text : `\n${text}`;
      appendWhole(file, Buffer.from(separated), status.size);
    } catch (error) {
      throw error instanceof KeysError ? error : fileFailure('write', path, error);
    } finally {
      if (file !== undefined) closeSync(file);
    }
  });
}

function appendWhole(file: number, bytes: Uint8Array, before: number): void {
  let written = 0;
  try {
    writeFully(file, bytes, (count) => {
      written += count;
    });
    fsyncSync(file);
  } catch (error) {
    if (fstatSync(file).size === before + written) ftruncateSync(file, before);
    throw error;
  }
}

/** Removes a file; one that is not there is no failure. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw fileFailure('remove', path, error);
  }
}

async function underLock<Result>(target: string, work: () => Result): Promise<Result> {
  // Most calls only read: they do without.
  const { withFileLock } = await import('./file-lock.js');
  try {
    return await withFileLock(target, () => {
      dropOldDrafts(target);
      return work();
    });
  } catch (error) {
    throw error instanceof KeysError ? error : fileFailure('write', target, error);
  }
}

/** `before`: status of the file whose owner and mode are kept; null: there was none. */
function replace(
  target: string,
  bytes: Uint8Array | string,
  before: Stats | null,
  options: WriteOptions,
): void {
  regular(target);
  putInPlace(writeDraft(target, bytes, before, options), target);
  if (!options.fleeting) syncFolder(dirname(target));
}
