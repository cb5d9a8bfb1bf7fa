import { join } from 'node:path';
import { compact } from '../domain/compact.js';
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

/** A key in a file that is, or was, in version control. */
export function inRepository(found: FoundSecret, owner: Owner | null): Finding {
  const severity: Severity = owner?.ended ? 'low' : RULES['in-repository'].severity;
  const where = found.commit === undefined ? '' : `, since commit ${found.commit.slice(0, 10)}`;
  const ended = owner?.ended ? ', which no longer works' : '';
  return {
    rule: 'in-repository',
    severity,
    message: `${found.title} ${found.masked}${ended}${where}`,
    evidence: { masked: found.masked, kind: found.kind, provider: found.provider },
    fix: owner?.ended ? null : rollNow(found, owner),
    key: owner?.reference ?? null,
    location: locationOf(found),
  };
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
 * `root`: the searched folder, from where the program runs.
 */
export function* inEnvFiles(
  found: Iterable<FoundInEnvFile>,
  ownerOf: OwnerOf,
  root: string,
): Generator<Finding> {
  const files = new Map<string, string>();
  for (const match of found) {
    const owner = ownerOf(match);
    const common = { key: owner?.reference ?? null, location: locationOf(match) };
    const first = files.get(match.digest);
    if (first === undefined) files.set(match.digest, match.file);
    else if (first !== match.file) yield { ...sharedBetween(match, first, owner, root), ...common };
    const misplaced = inWrongFile(match, owner, root);
    if (misplaced !== null) yield { ...misplaced, ...common };
  }
}

type Unplaced = Omit<Finding, 'key' | 'location'>;

function sharedBetween(found: FoundInEnvFile, first: string, owner: Owner | null, root: string): Unplaced {
  return {
    rule: 'shared',
    severity: RULES.shared.severity,
    message: `${found.masked} is in ${first} too`,
    evidence: { masked: found.masked, files: [first, found.file] },
    fix: replaced(found, owner, root),
  };
}

/**
 * Returns the command that puts a key of its own in place of the found one. Null where it is not known whose
 * key it is, or which variable holds it: another key beside it would change nothing.
 */
function replaced(
  { file, variable }: FoundInEnvFile,
  owner: Owner | null,
  root: string,
  ...more: readonly string[]
): string | null {
  if (owner === null || variable === undefined) return null;
  const path = root === '.' ? file : join(root, file);
  return keysCommand(
    ...(['create', '', { flags: owner.flags }] as const),
    ...['--name', 'NAME', ...more, '--to', `${path}#${variable}`, '--replace'],
  );
}

function inWrongFile(found: FoundInEnvFile, owner: Owner | null, root: string): Unplaced | null {
  const prefix = found.masked.split('…')[0];
  const is = stageOfPrefix(prefix, []);
  const meant = stageOfEnvFile(found.file);
  if (is === undefined || meant === undefined || is === meant) return null;
  const rule = is === 'test' ? 'test-key-in-live' : 'live-key-in-test';
  return {
    rule,
    severity: RULES[rule].severity,
    message: `a ${is} key in a file for ${meant === 'live' ? 'production' : 'tests'}`,
    evidence: { masked: found.masked, file: found.file },
    fix: replaced(found, owner, root, '--environment', meant),
  };
}
