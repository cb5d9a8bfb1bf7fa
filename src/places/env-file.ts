import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { KeysError } from '../domain/errors.js';
import type { Credential } from '../domain/key.js';
import { withFileLock } from '../storage/file-lock.js';
import { type Destination, namedParts } from './destination.js';
import { setVariable } from './env-file-text.js';
import { gitStanding } from './git-standing.js';

export interface EnvFileOptions {
  readonly path: string;
  readonly name: string;
  readonly pid: number;
  readonly isAlive: (pid: number) => boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Most bytes of an env file. */
const MOST_BYTES = 1024 * 1024;

/**
 * A variable in an env file. The file is written whole beside itself and put in its own place, so that a reader has the old
 * or the new one; its other lines, mode, owner and link stay. A file that git tracks is refused.
 */
export function envFileDestination({ path, name, pid, isAlive, env }: EnvFileOptions): Destination {
  return {
    label: `env file ${path} (${name})`,

    async reserve() {
      const target = targetOf(path);
      read(target);
      // Really tried: rights, a read-only file system and a full disk are told now, with nothing minted.
      dropDraft(writeDraft(target, Buffer.alloc(4096)));
      const standing = await gitStanding(target, env);
      if (standing === 'tracked') {
        throw new KeysError('refused', `git tracks ${path}: a secret would be in its next commit`, {
          hint: `git rm --cached ${basename(path)} and add it to .gitignore; or take another file`,
        });
      }
      return standing === 'not ignored' ? [`git does not ignore ${path}: add it to .gitignore`] : [];
    },

    async deliver(credential: Credential) {
      const target = targetOf(path);
      await withFileLock(target, { pid, isAlive }, () => {
        let text = read(target);
        for (const [variable, value] of namedParts(credential, name))
          text = setVariable(text, variable, value);
        const draft = writeDraft(target, Buffer.from(text));
        try {
          renameSync(draft, target);
        } catch (error) {
          dropDraft(draft);
          throw fileFailure(error, target);
        }
        syncFolder(dirname(target));
      });
    },
  };
}

/** The file that a link leads to, so that the link stays; the path itself where there is none yet. */
function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileFailure(error, path);
  }
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch (error) {
    throw fileFailure(error, path);
  }
}

function statusOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw fileFailure(error, path);
  }
}

function read(target: string): string {
  const status = statusOf(target);
  if (status === null) return '';
  const wrong = (what: string) => new KeysError('refused', `not an env file: ${target}: ${what}`);
  if (!status.isFile()) throw wrong('not a file');
  if (status.size > MOST_BYTES) throw wrong('larger than 1 MiB');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(target));
  } catch (error) {
    throw error instanceof TypeError ? wrong('not UTF-8') : fileFailure(error, target);
  }
}

/** A file beside the target, on the disk, with the target's mode and owner (0600 for a new one). */
function writeDraft(target: string, bytes: Uint8Array): string {
  const draft = `${target}.${randomBytes(6).toString('hex')}.keys-new`;
  const status = statusOf(target);
  let file: number | undefined;
  try {
    file = openSync(draft, 'wx', 0o600);
    writeSync(file, bytes);
    if (status !== null) {
      fchmodSync(file, status.mode & 0o7777);
      keepOwner(draft, status);
    }
    fsyncSync(file);
    return draft;
  } catch (error) {
    if (file !== undefined) dropDraft(draft);
    throw fileFailure(error, target);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Only root may give a file away; for everyone else the new one is theirs. */
function keepOwner(draft: string, { uid, gid }: Stats): void {
  try {
    chownSync(draft, uid, gid);
  } catch {
    // As said above.
  }
}

function dropDraft(draft: string): void {
  try {
    unlinkSync(draft);
  } catch {
    // Nothing is left, or nothing can be done about it: the first failure is the one to tell.
  }
}

/** The new name is on the disk too, where the platform lets a folder be synced. */
function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, 'r');
    fsyncSync(handle);
    closeSync(handle);
  } catch {
    // Windows opens no folders.
  }
}

function fileFailure(error: unknown, path: string): unknown {
  if (error instanceof KeysError || !(error instanceof Error) || !('code' in error)) return error;
  const full = error.code === 'ENOSPC' || error.code === 'EDQUOT';
  return new KeysError(full ? 'disk_full' : 'refused', `${path} cannot be written: ${error.message}`, {
    hint: full ? 'free some space' : 'take another file, or give yourself the right to this one',
    cause: error,
  });
}
