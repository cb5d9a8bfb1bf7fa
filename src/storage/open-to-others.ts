import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { getgid, getuid } from 'node:process';

const STICKY = 0o1000;
const OTHERS_WRITE = 0o022;
const NOBODY = 65_534;

/**
 * Returns the path that lets others change a file: the file itself or a folder above it, both as named and
 * after following links. Returns null if only this user or root can. A sticky folder such as /tmp protects
 * its files. A missing file has no owner, so it returns null.
 */
export function openToOthers(path: string): string | null {
  let real: string;
  try {
    real = realpathSync(path);
  } catch {
    return null;
  }
  // Of a link, the file itself is the one to protect.
  return [real, path].flatMap(withFolders).find(isOpen) ?? null;
}

/**
 * Returns the file or its folder if another user owns it, links followed; null if neither, or if there is no
 * such file. Folders above may be another user's, as the home folder of a container can be.
 */
export function ownedByOther(path: string): string | null {
  const owners = [path, dirname(path)].map((name) => [name, statSync(name, { throwIfNoEntry: false })?.uid]);
  const found = owners.find(([, uid]) => typeof uid === 'number' && isStrange(uid));
  return found === undefined ? null : String(found[0]);
}

/** A path and the folders above it. */
function withFolders(path: string): string[] {
  const above = dirname(path);
  return above === path ? [path] : [path, ...withFolders(above)];
}

function isOpen(path: string): boolean {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return false;
  const { uid, gid, mode } = facts;
  if (!facts.isDirectory()) return isStrange(uid) || (mode & OTHERS_WRITE) !== 0;
  // In a user namespace, folders of the machine have no owner that is known.
  if (isStrange(uid) && uid !== NOBODY) return true;
  if ((mode & STICKY) !== 0) return false;
  // Where each user has a group of their own, it may write to all that they make.
  const ownGroup = gid === getuid?.() && gid === getgid?.();
  return (mode & (ownGroup ? 0o002 : OTHERS_WRITE)) !== 0;
}

function isStrange(uid: number): boolean {
  return uid !== 0 && uid !== getuid?.();
}
