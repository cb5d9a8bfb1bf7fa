import { readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, parse, resolve, sep } from 'node:path';
import { geteuid, platform } from 'node:process';
import { KeysError } from '../../domain/errors.js';
import { fileFailure } from './file-failure.js';
import { statusOf } from './file-status.js';

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

/** The same for a path whose last part is not followed. */
export function followFolders(path: string): string {
  const folder = followLinks(dirname(resolve(path)));
  return join(folder, basename(path));
}

interface Link {
  readonly path: string;
  readonly owner: number;
}

const LINKS_AT_MOST = 40;

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
