import { closeSync, constants, existsSync, openSync, readlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { platform } from 'node:process';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { fileFailure, swapped } from './file-failure.js';
import { NO_LINK } from './open-flags.js';

/** Does some work by a name of `target` that stays what it is. Messages have the path. */
export function withFolderOf<Result>(target: string, work: (name: string) => Result): Result {
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
export async function inFolderOf<Result>(
  target: string,
  work: (name: string) => Promise<Result>,
): Promise<Result> {
  const { name, held, close } = holdFolder(target);
  try {
    return await work(name);
  } catch (error) {
    throw byPath(error, held, dirname(target));
  } finally {
    close();
  }
}

/** Linux's flag for a descriptor that only stands for a place: it needs no right to read the folder. */
const O_PATH = 0o10000000;

/**
 * A name of a file by the open descriptor of its folder, which nobody can swap for another one, and what
 * closes it. Elsewhere than on Linux, the path itself. Throws `refused` for a folder that was swapped since
 * `followLinks`.
 */
export function holdFolder(target: string): { readonly name: string; readonly held: string; close(): void } {
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

function byPath(error: unknown, held: string, folder: string): unknown {
  if (!(error instanceof KeysError) || held === folder) return error;
  const { code, message, hint, next, details, cause } = error;
  const named = (text: string) => text.replaceAll(held, folder);
  return new KeysError(code, named(message), {
    ...compact({ hint: hint === undefined ? undefined : named(hint), next, details }),
    cause,
  });
}
