import { join } from 'node:path';
import { compact } from '../domain/compact.js';
import { shellWord } from '../domain/shell-word.js';
import type { Finding, KeyReference, Location } from './finding.js';
import { keysCommand } from './fix.js';
import type { FoundSecret } from './repository/found.js';
import type { FoundInEnvFile } from './repository/scan-env-files.js';
import { RULES, type Severity } from './rule-table.js';
import { stageOfEnvFile, stageOfPrefix } from './rules/environment.js';

/** The key that a found secret belongs to, and whether the key still works. */
export interface Owner {
  readonly reference: KeyReference;
  /** Flags that name its service on the command line. */
  readonly flags: readonly string[];
  readonly ended: boolean;
}

/** Returns the key that a found secret belongs to; null if it is not known. */
export type OwnerOf = (found: FoundSecret) => Owner | null;

/** The searched folder, and whether `keys` delivers to a file in it. */
export interface SearchedFolder {
  /** From where the program runs. */
  readonly root: string;
  readonly isPlace: (file: string) => boolean;
}

/** A key in a file that is, was, or with the next `git add` will be in version control. */
export function inRepository(found: FoundSecret, owner: Owner | null, folder?: SearchedFolder): Finding {
  const severity: Severity = owner?.ended ? 'low' : RULES['in-repository'].severity;
  return {
    rule: 'in-repository',
    severity,
    message: `${found.title} ${found.masked}${owner?.ended ? ', which no longer works' : ''}${standing(found)}`,
    evidence: {
      masked: found.masked,
      kind: found.kind,
      provider: found.provider,
      ...(found.tracked === undefined ? {} : { git: found.tracked ? 'tracked' : 'not ignored' }),
    },
    fix: owner?.ended ? null : outOfRepository(found, owner, folder),
    key: owner?.reference ?? null,
    location: locationOf(found),
  };
}

/** What is said of a key that was revoked or has expired, in the middle of a sentence. */
const endedText = (owner: Owner | null) => (owner?.ended ? ', which no longer works,' : '');

/** How git has the file of a found key. */
function standing({ commit, tracked }: FoundSecret): string {
  if (commit !== undefined) return `, since commit ${commit.slice(0, 10)}`;
  if (tracked === undefined) return '';
  return tracked ? ', in a file that git tracks' : ', in a file that git does not ignore';
}

/**
 * The command that takes a found key out of the repository. A file that `keys` delivers to keeps the next
 * secret too: no roll is begun as long as git tracks it, and one that git only does not ignore needs no roll.
 */
function outOfRepository(found: FoundSecret, owner: Owner | null, folder?: SearchedFolder): string | null {
  const roll = rollNow(found, owner);
  if (folder === undefined || found.commit !== undefined || !folder.isPlace(found.file)) return roll;
  if (found.tracked === false) return ignored(found.file, folder);
  if (found.tracked !== true || roll === null) return roll;
  return `${untracked(found.file, folder)} && ${roll}`;
}

/** Leaves the file where it is, and takes it out of the next commit. */
function untracked(file: string, { root }: SearchedFolder): string {
  return `git ${root === '.' ? '' : `-C ${shellWord(root)} `}rm --quiet --cached -- ${shellWord(file)}`;
}

/** Null for a name that is a pattern to git. */
function ignored(file: string, { root }: SearchedFolder): string | null {
  if (!/^[\w./@ -]*[\w./@-]$/.test(file)) return null;
  return `echo ${shellWord(`/${file}`)} >> ${shellWord(join(root, '.gitignore'))}`;
}

/** The command that replaces a found key at once; null for a key whose id is not known. */
function rollNow(found: FoundSecret, owner: Owner | null): string | null {
  if (owner !== null) return keysCommand('roll', owner.reference.id, owner, '--now');
  if (found.keyId === undefined) return null;
  const flags = found.provider === 'keys' ? [] : ['--provider', found.provider];
  return keysCommand('roll', found.keyId, { flags }, '--now');
}

function locationOf({ file, line, column, commit }: FoundSecret): Location {
  return { file, line, column, ...compact({ commit }) };
}

/**
 * Yields findings of env files: one key in several files, and keys of one environment in a file of the other.
 * `tracked`: files that git tracks, to which `keys` delivers nothing.
 */
export function* inEnvFiles(
  found: Iterable<FoundInEnvFile>,
  ownerOf: OwnerOf,
  folder: SearchedFolder,
  tracked: ReadonlySet<string>,
): Generator<Finding> {
  const files = new Map<string, string>();
  for (const match of found) {
    const owner = ownerOf(match);
    const common = { key: owner?.reference ?? null, location: locationOf(match) };
    const into = { ...folder, tracked };
    const first = files.get(match.digest);
    if (first === undefined) files.set(match.digest, match.file);
    else if (first !== match.file) yield { ...sharedBetween(match, first, owner, into), ...common };
    const misplaced = inWrongFile(match, owner, into);
    if (misplaced !== null) yield { ...misplaced, ...common };
  }
}

/** Where a key of its own would be delivered. */
type Into = SearchedFolder & { readonly tracked: ReadonlySet<string> };

type Unplaced = Omit<Finding, 'key' | 'location'>;

function sharedBetween(found: FoundInEnvFile, first: string, owner: Owner | null, into: Into): Unplaced {
  return {
    rule: 'shared',
    severity: owner?.ended ? 'low' : RULES.shared.severity,
    message: `${found.masked}${endedText(owner)} is in ${first} too`,
    evidence: { masked: found.masked, files: [first, found.file] },
    fix: replaced(found, owner, into),
  };
}

/**
 * Returns the command that puts a key of its own in place of the found one. Null where it is not known whose
 * key it is, or which variable holds it: another key beside it would change nothing.
 */
function replaced(
  { file, variable }: FoundInEnvFile,
  owner: Owner | null,
  into: Into,
  ...more: readonly string[]
): string | null {
  if (owner === null || variable === undefined) return null;
  const path = into.root === '.' ? file : join(into.root, file);
  const create = keysCommand(
    ...(['create', '', { flags: owner.flags }] as const),
    ...['--name', 'NAME', ...more, '--to', `${path}#${variable}`, '--replace'],
  );
  return create !== null && into.tracked.has(file) ? `${untracked(file, into)} && ${create}` : create;
}

function inWrongFile(found: FoundInEnvFile, owner: Owner | null, into: Into): Unplaced | null {
  const prefix = found.masked.split('…')[0];
  const is = stageOfPrefix(prefix, []);
  const meant = stageOfEnvFile(found.file);
  if (is === undefined || meant === undefined || is === meant) return null;
  const rule = is === 'test' ? 'test-key-in-live' : 'live-key-in-test';
  return {
    rule,
    severity: owner?.ended ? 'low' : RULES[rule].severity,
    message: `a ${is} key${endedText(owner)} is in a file for ${meant === 'live' ? 'production' : 'tests'}`,
    evidence: { masked: found.masked, file: found.file },
    fix: replaced(found, owner, into, '--environment', meant),
  };
}
