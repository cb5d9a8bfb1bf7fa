import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { platform } from 'node:process';
import { fileFailure, isCode } from './file-failure.js';

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

/** Makes the new name last, where the platform lets a folder be synced. */
export function syncFolder(folder: string): void {
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
