import { closeSync, constants, fchmodSync, fstatSync, openSync } from 'node:fs';
import { geteuid, platform } from 'node:process';
import { notRegular } from './file-failure.js';
import { statusOf } from './file-status.js';
import { followLinks } from './follow-links.js';
import { NEVER_WAIT, NO_LINK } from './open-flags.js';

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
  const file = openSync(target, constants.O_RDWR | constants.O_CREAT | NO_LINK | NEVER_WAIT, 0o600);
  try {
    const status = fstatSync(file);
    if (!status.isFile()) throw notRegular(path);
    if ((status.mode & 0o777) !== 0o600) fchmodSync(file, 0o600);
  } finally {
    closeSync(file);
  }
  return target;
}
