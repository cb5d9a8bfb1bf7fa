import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { platform } from 'node:process';
import { KeysError } from '../../domain/errors.js';
import { fileFailure, isCode, swapped } from './file-failure.js';
import { isOpenToOthers } from './file-status.js';

export interface WriteOptions {
  /** Mode of a new file; an existing one keeps its own. Default 0600. */
  readonly mode?: number;
  /** The file holds secrets: rights of everybody are taken from it, together with those of its group. */
  readonly secret?: boolean;
  /** Adds the right to run the file wherever there is the right to read it. */
  readonly executable?: boolean;
  /** The file may be lost when the machine stops, as a cache may: nothing waits for the disk. */
  readonly fleeting?: boolean;
}

export interface OpenDraft {
  readonly path: string;
  readonly file: number;
}

const DRAFT_END = '.keys-new';
const MODE_BITS = 0o7777;

/**
 * Writes the whole draft to the disk, with the owner and mode that the file shall have. On failure nothing is
 * left.
 */
export function writeDraft(
  target: string,
  bytes: Uint8Array | string,
  status: Stats | null,
  options: WriteOptions,
): OpenDraft {
  const draft = openNew(target, 0o600);
  try {
    writeFully(draft.file, typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    keepOwnerAndMode(draft.file, target, status, options);
    if (!options.fleeting) fsyncSync(draft.file);
    return draft;
  } catch (error) {
    closeSync(draft.file);
    drop(draft.path);
    throw error instanceof KeysError ? error : fileFailure('write', target, error);
  }
}

export function openNew(target: string, mode: number): OpenDraft {
  // Nobody gains by guessing the name: a draft is only created, never opened. Random values of `crypto` would
  // load all of it.
  const name = Math.floor(Math.random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0');
  const path = `${target}.${name}${DRAFT_END}`;
  try {
    return { path, file: openSync(path, 'wx', mode) };
  } catch (error) {
    throw fileFailure('write', target, error);
  }
}

/**
 * Closes the draft and gives it the file's name. Throws `refused` if the draft was swapped for something else
 * meanwhile.
 */
export function putInPlace({ path, file }: OpenDraft, target: string): void {
  const written = fstatSync(file);
  const isOurs = (name: string) => {
    const { ino, dev } = lstatSync(name);
    return ino === written.ino && dev === written.dev;
  };
  try {
    if (!isOurs(path)) throw swapped(target);
    renameSync(path, target);
    if (!isOurs(target)) throw swapped(target);
  } catch (error) {
    drop(path);
    throw error instanceof KeysError ? error : fileFailure('write', target, error);
  } finally {
    closeSync(file);
  }
}

/**
 * `write` may write less than it was given, as on a disk that is nearly full: the rest is tried until the
 * system says no.
 */
export function writeFully(
  file: number,
  bytes: Uint8Array,
  onPart: (count: number) => void = () => undefined,
): void {
  for (let at = 0; at < bytes.length; ) {
    const count = writeSync(file, bytes, at, bytes.length - at);
    if (count === 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    onPart(count);
    at += count;
  }
}

/**
 * A new file gets its mode; an existing one's owner and mode pass to the draft. Throws `refused` where they
 * cannot.
 */
export function keepOwnerAndMode(
  file: number,
  target: string,
  status: Stats | null,
  options: WriteOptions,
): void {
  if (platform === 'win32') return;
  const own = fstatSync(file);
  if (status !== null && (status.uid !== own.uid || status.gid !== own.gid)) {
    try {
      fchownSync(file, status.uid, status.gid);
    } catch (cause) {
      throw new KeysError('refused', `the owner of ${target} cannot be kept`, {
        hint: 'run keys as the owner of the file, or use another file',
        cause,
      });
    }
  }
  const before = status === null ? (options.mode ?? 0o600) : status.mode & MODE_BITS;
  const runnable = options.executable ? before | ((before & 0o444) >> 2) : before;
  const mode = options.secret && isOpenToOthers(before) ? runnable & ~0o077 : runnable;
  try {
    fchmodSync(file, mode);
  } catch (error) {
    // File systems without modes, such as FAT, refuse what they cannot keep.
    if (!isCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS')) throw error;
  }
  if (options.secret && isOpenToOthers(fstatSync(file).mode)) {
    throw new KeysError('refused', `files in ${dirname(target)} are readable by everyone`, {
      hint: 'its file system stores no permissions: use another folder, or mount it with umask=077',
    });
  }
}

/**
 * Under the lock no other draft of this file is in use: what is there was left by a program that was killed.
 */
export function dropOldDrafts(target: string): void {
  const start = `${basename(target)}.`;
  for (const name of readdirSync(dirname(target))) {
    const middle = name.slice(start.length, -DRAFT_END.length);
    if (name.startsWith(start) && name.endsWith(DRAFT_END) && /^[0-9a-f]{12}$/.test(middle)) {
      drop(join(dirname(target), name));
    }
  }
}

export function drop(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // The first failure is the one to report.
  }
}
