import { existsSync, lstatSync, type Stats, statSync } from 'node:fs';
import { platform } from 'node:process';
import { fileFailure, isCode, notRegular } from './file-failure.js';

/** Whether something is at this path, a dangling link aside. */
export function fileExists(path: string): boolean {
  return existsSync(path);
}

export function isFolder(path: string): boolean {
  return followedStatus(path)?.isDirectory() ?? false;
}

/** Whether there is a socket at a path. */
export function isSocket(path: string): boolean {
  return followedStatus(path)?.isSocket() ?? false;
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

/** The status of a regular file; null if there is none. Throws `refused` for anything else. */
export function regular(target: string): Stats | null {
  const status = statusOf(target);
  if (status !== null && !status.isFile()) throw notRegular(target);
  return status;
}

/** The status of what is at a path, links not followed; null if there is nothing. */
export function statusOf(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw fileFailure('read', path, error);
  }
}

/** The status of what a path leads to, which may be a pipe that has no name. */
export function followedStatus(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

export function isOpenToOthers(mode: number): boolean {
  return platform !== 'win32' && (mode & 0o007) !== 0;
}
