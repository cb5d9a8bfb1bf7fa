import { readlinkSync, realpathSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { KeysError } from '../domain/errors.js';

/**
 * Throws `refused` if a path that is named as one in this folder leads out of it by a link, such as a
 * repository may hold.
 */
export function refuseEscape(path: string, folder = '.'): void {
  const [named, root] = [resolve(folder, path), resolve(folder)];
  if (!isWithin(named, root)) return;
  const real = realOf(named);
  if (isWithin(real, realOf(root))) return;
  throw new KeysError('refused', `${path} leads out of this folder by a link: ${real}`, {
    hint: 'nothing was written; if that is where it should be written, name that path itself',
  });
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Links that follow one another at most, as in the kernel. */
const MOST_LINKS = 40;

/** Where a path leads, also through a link to what is not there yet; of what is not there, its folder. */
function realOf(path: string, links = 0): string {
  try {
    return realpathSync(path);
  } catch {
    const target = links < MOST_LINKS ? targetOf(path) : null;
    if (target !== null) return realOf(resolve(dirname(path), target), links + 1);
    const above = dirname(path);
    return above === path ? path : realOf(above, links);
  }
}

function targetOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
