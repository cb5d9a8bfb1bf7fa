/**
 * Writes every file of the program but the locks. A write is whole or not done at all: the bytes go to a
 * draft beside the file, reach the disk, and take the file's place by a rename. Owner and mode are set
 * through the draft's descriptor, and on Linux the folder is held open meanwhile, so that nobody can redirect
 * a write by swapping a name.
 */
import {
  closeSync,
  constants,
  createReadStream,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, parse, resolve, sep } from 'node:path';
import { geteuid, platform } from 'node:process';
import { compact } from '../domain/compact.js';
import { KeysError } from '../domain/errors.js';

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

const DRAFT_END = '.keys-new';
const LINKS_AT_MOST = 40;
const MODE_BITS = 0o7777;
const LINE_END = 0x0a;
const NEVER_WAIT = constants.O_NONBLOCK ?? 0;
/** What was no link a moment ago must be none now. Windows has no such flag. */
const NO_LINK = constants.O_NOFOLLOW ?? 0;

/**
 * The bytes of a regular file; null if there is none. Throws `refused` for a pipe, a device or a folder, for
 * more than `maxBytes`, and for a file that cannot be read. Never waits for a writer of a pipe.
 */
export function readWhole(path: string, maxBytes: number): Buffer | null {
  return readRegular(path, maxBytes, 0)?.bytes ?? null;
}

/** The same with its status. `flags`: further ones for opening it. */
function readRegular(
  path: string,
  maxBytes: number,
  flags: number,
): { readonly bytes: Buffer; readonly status: Stats } | null {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | NEVER_WAIT | (constants.O_NOCTTY ?? 0) | flags);
    const status = fstatSync(file);
    if (!status.isFile()) throw notRegular(path);
    // The size is not trusted: files under /proc have none, and files grow.
    const chunks: Buffer[] = [];
    for (let length = 0; ; ) {
      const chunk = Buffer.alloc(Math.min(65_536, maxBytes + 1 - length));
      const count = readSync(file, chunk);
      if (count === 0) return { bytes: Buffer.concat(chunks), status };
      chunks.push(chunk.subarray(0, count));
      length += count;
      if (length > maxBytes) {
        throw new KeysError('refused', `${path} is larger than ${maxBytes} bytes`);
      }
    }
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error instanceof KeysError ? error : fileFailure('read', path, error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Whether a path is a pipe that the shell has opened for this program, as `<(…)` does. */
export function isOpenedPipe(path: string): boolean {
  if (!/^\/(?:dev|proc\/self)\/fd\/\d+$/.test(path)) return false;
  return statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;
}

/** The bytes of such a pipe, up to its end. Throws `refused` for more than `maxBytes`. */
export async function readOpenedPipe(path: string, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) throw new KeysError('refused', `${path} is larger than ${maxBytes} bytes`);
  }
  return Buffer.concat(chunks);
}

/**
 * Size of a file, and a text that changes with its size, time of change or identity; null where there is
 * none.
 */
export function fileState(path: string): { readonly bytes: number; readonly text: string } | null {
  try {
    const { size, mtimeNs, ino } = statSync(path, { bigint: true });
    return { bytes: Number(size), text: `${size} ${mtimeNs} ${ino}` };
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw fileFailure('read', path, error);
  }
}

/** Whether something is at this path, a dangling link aside. */
export function fileExists(path: string): boolean {
  return existsSync(path);
}

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

/** Whether there is a socket at a path. */
export function isSocket(path: string): boolean {
  return followedStatus(path)?.isSocket() ?? false;
}

export function isFolder(path: string): boolean {
  return followedStatus(path)?.isDirectory() ?? false;
}

/** Creates a folder and those above it that are missing; by default for this user alone. */
export function makeFolder(path: string, mode = 0o700): void {
  try {
    createFolders(path, mode);
  } catch (error) {
    throw fileFailure('write', path, error);
  }
}

/**
 * The same with the system's own errors. One folder at a time: for a path that cannot be created, such as one
 * in /proc, Node's `recursive` never returns.
 */
export function createFolders(path: string, mode = 0o700): void {
  const missing: string[] = [];
  for (
    let folder = resolve(path);
    !existsSync(folder) && folder !== dirname(folder);
    folder = dirname(folder)
  ) {
    missing.unshift(folder);
  }
  for (const folder of missing) {
    try {
      mkdirSync(folder, { mode });
    } catch (error) {
      // Another program may have created it meanwhile.
      if (!isCode(error, 'EEXIST') || !existsSync(folder)) throw error;
    }
  }
  if (!statSync(path).isDirectory()) mkdirSync(path);
}

/**
 * Has a file that another library writes be this user's alone (0600); it is created empty if it is missing.
 * Returns where it is, with links followed. Throws `refused` as `followLinks` does, also for a file beside it
 * that the library opens by one of these `endings`, and for what is no regular file; else the system's own
 * errors.
 */
export function makePrivateFile(path: string, endings: readonly string[]): string {
  const target = followLinks(path);
  // The folder is checked with the file itself: beside it, only a link needs a look.
  for (const ending of endings) if (statusOf(target + ending)?.isSymbolicLink()) followLinks(target + ending);
  const flags =
    constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const file = openSync(target, flags, 0o600);
  try {
    const status = fstatSync(file);
    if (!status.isFile()) throw notRegular(path);
    if ((status.mode & 0o777) !== 0o600) fchmodSync(file, 0o600);
  } finally {
    closeSync(file);
  }
  return target;
}

/** The same for as long as a program has the file open; undefined where there is none. */
export function fileIdentity(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}

/** Takes the rights of others from a folder of this user's own; another user's stays as it is. */
export function makeFolderPrivate(folder: string): void {
  // Windows has neither owners nor modes of this kind.
  if (platform === 'win32') return;
  const file = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    if (fstatSync(file).uid === geteuid?.()) fchmodSync(file, 0o700);
  } finally {
    closeSync(file);
  }
}

/** A file that grows while it is made and takes its place at the end, such as a report. */
export interface Draft {
  write(text: string): void;
  finish(): void;
  /** Leaves what was there before. */
  abandon(): void;
}

/**
 * Opens a file for writing piece by piece. With `append`, and for what is no regular file (`/dev/stdout`, a
 * pipe), the pieces go to the file itself; else to a draft with this mode. Throws `refused` and `disk_full`.
 */
export function openDraft(
  path: string,
  { append = false, mode = 0o666 }: { readonly append?: boolean; readonly mode?: number } = {},
): Draft {
  const status = followedStatus(path);
  const direct = append || (status !== null && !status.isFile());
  const { name: target, close } = direct
    ? { name: path, close: () => undefined }
    : holdFolder(followLinks(path));
  const draft = direct ? openDirect(target, append) : openNew(target, mode);
  const guarded = (act: () => void) => {
    try {
      act();
    } catch (error) {
      throw error instanceof KeysError ? error : fileFailure('write', path, error);
    }
  };
  return {
    write: (text) => guarded(() => writeFully(draft.file, Buffer.from(text))),
    finish: () =>
      guarded(() => {
        if (direct) return closeSync(draft.file);
        if (status !== null) keepOwnerAndMode(draft.file, target, status, {});
        fsyncSync(draft.file);
        putInPlace(draft, target);
        syncFolder(dirname(target));
        close();
      }),
    abandon() {
      try {
        closeSync(draft.file);
      } catch {
        // `finish` closed it and failed afterwards.
      }
      if (direct) return;
      drop(draft.path);
      close();
    },
  };
}

// --- Steps

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

interface OpenDraft {
  readonly path: string;
  readonly file: number;
}

/**
 * Writes the whole draft to the disk, with the owner and mode that the file shall have. On failure nothing is
 * left.
 */
function writeDraft(
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

function openNew(target: string, mode: number): OpenDraft {
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

function openDirect(target: string, append: boolean): OpenDraft {
  try {
    return { path: target, file: openSync(target, append ? 'a' : 'w') };
  } catch (error) {
    throw fileFailure('write', target, error);
  }
}

/**
 * Closes the draft and gives it the file's name. Throws `refused` if the draft was swapped for something else
 * meanwhile.
 */
function putInPlace({ path, file }: OpenDraft, target: string): void {
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
function writeFully(
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
function keepOwnerAndMode(file: number, target: string, status: Stats | null, options: WriteOptions): void {
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

function isOpenToOthers(mode: number): boolean {
  return platform !== 'win32' && (mode & 0o007) !== 0;
}

/** The status of a regular file; null if there is none. Throws `refused` for anything else. */
function regular(target: string): Stats | null {
  const status = statusOf(target);
  if (status !== null && !status.isFile()) throw notRegular(target);
  return status;
}

function statusOf(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw fileFailure('read', path, error);
  }
}

/** The status of what a path leads to, which may be a pipe that has no name. */
function followedStatus(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

/**
 * The file that a path leads to, which need not exist, by its real folder. A link of another user's, to a
 * file or to a folder above it, is followed only to what is that user's, so that nobody can direct a write of
 * root to a file of their choice.
 */
export function followLinks(path: string): string {
  const { end, links } = walk(path);
  const real = inRealFolder(end, path);
  if (platform !== 'win32') refuseLinksOfOthers(links, real, path);
  return real;
}

/** The links on a path, to files and to folders, from its root on. */
export function linksOn(path: string): string[] {
  return walk(path).links.map((link) => link.path);
}

interface Link {
  readonly path: string;
  readonly owner: number;
}

/** Where a path leads, by its text alone: the last folders need not exist. */
function walk(path: string): { readonly end: string; readonly links: readonly Link[] } {
  const links: Link[] = [];
  let end = parse(resolve(path)).root;
  let rest = partsOf(resolve(path));
  while (rest.length > 0) {
    const [name = '', ...others] = rest;
    // Both are whole: `join` would read every letter again.
    const next = end.endsWith(sep) ? end + name : end + sep + name;
    const status = statusOf(next);
    if (status?.isSymbolicLink() !== true) {
      [end, rest] = [next, others];
      continue;
    }
    links.push({ path: next, owner: status.uid });
    if (links.length > LINKS_AT_MOST) throw new KeysError('refused', `too many links: ${path}`);
    const target = resolve(end, readlinkSync(next));
    [end, rest] = [parse(target).root, [...partsOf(target), ...others]];
  }
  return { end, links };
}

/** The same for a path whose last part is not followed. */
function followFolders(path: string): string {
  const folder = followLinks(dirname(resolve(path)));
  return join(folder, basename(path));
}

/** The names of the folders of a whole path, and of the file. */
function partsOf(path: string): string[] {
  return path.slice(parse(path).root.length).split(sep).filter(Boolean);
}

function refuseLinksOfOthers(links: readonly Link[], end: string, path: string): void {
  const theirs = [statusOf(end)?.uid, statusOf(dirname(end))?.uid];
  for (const { owner } of links) {
    if (owner === 0 || owner === geteuid?.() || theirs.includes(owner)) continue;
    throw new KeysError('refused', `${path} is a link of another user's to a file that is not theirs`, {
      hint: 'name the file itself',
    });
  }
}

function inRealFolder(at: string, path: string): string {
  try {
    return join(realpathSync(dirname(at)), basename(at));
  } catch (error) {
    throw fileFailure('write', path, error);
  }
}

/** Linux's flag for a descriptor that only stands for a place: it needs no right to read the folder. */
const O_PATH = 0o10000000;

/**
 * A name of a file by the open descriptor of its folder, which nobody can swap for another one, and what
 * closes it. Elsewhere than on Linux, the path itself. Throws `refused` for a folder that was swapped since
 * `followLinks`.
 */
function holdFolder(target: string): { readonly name: string; readonly held: string; close(): void } {
  const folder = dirname(target);
  const unheld = { name: target, held: folder, close: () => undefined };
  if (platform !== 'linux' || !existsSync('/proc/self/fd')) return unheld;
  let descriptor: number;
  try {
    descriptor = openSync(folder, O_PATH | constants.O_DIRECTORY | NO_LINK);
  } catch (error) {
    throw fileFailure('write', target, error);
  }
  const held = `/proc/self/fd/${descriptor}`;
  let closed = false;
  const close = () => {
    if (!closed) closeSync(descriptor);
    closed = true;
  };
  if (readlinkSync(held) === folder) return { name: join(held, basename(target)), held, close };
  close();
  throw swapped(target);
}

/** Does some work by a name of `target` that stays what it is. Messages have the path. */
function withFolderOf<Result>(target: string, work: (name: string) => Result): Result {
  const { name, held, close } = holdFolder(target);
  try {
    return work(name);
  } catch (error) {
    throw byPath(error, held, dirname(target));
  } finally {
    close();
  }
}

/** The same for work that takes its time. */
async function inFolderOf<Result>(target: string, work: (name: string) => Promise<Result>): Promise<Result> {
  const { name, held, close } = holdFolder(target);
  try {
    return await work(name);
  } catch (error) {
    throw byPath(error, held, dirname(target));
  } finally {
    close();
  }
}

function byPath(error: unknown, held: string, folder: string): unknown {
  if (!(error instanceof KeysError) || held === folder) return error;
  const { code, message, hint, next, details, cause } = error;
  const named = (text: string) => text.replaceAll(held, folder);
  return new KeysError(code, named(message), {
    ...compact({ hint: hint === undefined ? undefined : named(hint), next, details }),
    cause,
  });
}

/**
 * Under the lock no other draft of this file is in use: what is there was left by a program that was killed.
 */
function dropOldDrafts(target: string): void {
  const start = `${basename(target)}.`;
  for (const name of readdirSync(dirname(target))) {
    const middle = name.slice(start.length, -DRAFT_END.length);
    if (name.startsWith(start) && name.endsWith(DRAFT_END) && /^[0-9a-f]{12}$/.test(middle)) {
      drop(join(dirname(target), name));
    }
  }
}

function drop(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // The first failure is the one to report.
  }
}

/** Makes the new name last, where the platform lets a folder be synced. */
function syncFolder(folder: string): void {
  if (platform === 'win32') return;
  let file: number | undefined;
  try {
    file = openSync(folder, 'r');
    fsyncSync(file);
  } catch (error) {
    if (!isCode(error, 'EACCES', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EPERM')) {
      throw fileFailure('write', folder, error);
    }
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function isCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function notRegular(path: string): KeysError {
  return new KeysError('refused', `not a regular file: ${path}`);
}

function swapped(target: string): KeysError {
  return new KeysError('refused', `another program replaced ${target} while it was written`, {
    hint: 'check who can write to its folder',
  });
}

function fileFailure(act: 'read' | 'write' | 'remove', path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const full = isCode(error, 'ENOSPC', 'EDQUOT', 'EFBIG');
  const [why, hint] = REASONS.find(([codes]) => isCode(error, ...codes))?.[1] ?? [
    error.message,
    'use another file',
  ];
  return new KeysError(full ? 'disk_full' : 'refused', `cannot ${act} ${path}: ${why}`, {
    hint,
    cause: error,
  });
}

/** What the system's codes mean for a reader, and what helps. */
const REASONS: ReadonlyArray<readonly [codes: readonly string[], readonly [why: string, hint: string]]> = [
  [
    ['ENOSPC', 'EDQUOT'],
    ['the disk is full', 'free some space'],
  ],
  [['EFBIG'], ['the file would be too large for this disk', 'free some space']],
  [
    ['EACCES', 'EPERM'],
    ['you have no permission', 'use another file, or change its permissions'],
  ],
  [['EROFS'], ['the disk is read-only', 'use another file']],
  [['ENOENT'], ['it or its folder does not exist', 'create the folder, or use another file']],
  [['ENOTDIR'], ['a part of its path is no folder', 'use another file']],
];
