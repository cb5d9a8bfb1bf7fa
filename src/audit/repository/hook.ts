import { constants } from 'node:fs';
import { access, lstat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { KeysError } from '../../domain/errors.js';
import { singleQuoted } from '../../domain/shell-word.js';
import { makeFolder } from '../../storage/files/folders.js';
import { readWhole } from '../../storage/files/read-file.js';
import { changeFile } from '../../storage/files.js';
import { gitLine } from './git.js';
import type { ScanOptions } from './scan-bytes.js';

const HEAD = '#!/bin/sh\n# made by: keys guard install\n';

/** The hook uses absolute paths: aliases and the PATH of a terminal may not exist in a hook. */
const CHECKS = `if [ ! -f "$keys" ]; then
  echo "keys: error: the program that this hook runs is gone: $keys" >&2
  echo 'keys: hint: install keys again and run: keys guard install; or delete .git/hooks/pre-commit' >&2
  exit 1
fi
[ -x "$node" ] || node=node
`;
const NODE_CHECK = `if ! command -v "$node" >/dev/null; then
  echo 'keys: error: there is no Node to run this hook with' >&2
  echo 'keys: hint: install Node and run: keys guard install; or delete .git/hooks/pre-commit' >&2
  exit 1
fi
`;

/**
 * Matches a hook exactly as `keys guard install` writes it; hooks of before did not look for Node. An edited
 * hook is left alone.
 */
const OURS = new RegExp(
  `^${HEAD}(?:keys='.*'\nnode='.*'\n${literally(CHECKS)}(?:${literally(NODE_CHECK)})?)?exec .+\n$`,
);

function literally(text: string): string {
  return text.replace(/[$|[\]().]/g, '\\$&');
}

/** Absolute paths of the program and of the Node that runs it. */
interface HookProgram {
  readonly path: string;
  readonly node: string;
}

/** Larger than any real hook. */
const MAX_BYTES = 1024 * 1024;

interface HookOptions {
  readonly env: ScanOptions['env'];
  /** What the hook runs. Default: `program`, or else `keys guard`. */
  readonly command?: string;
  readonly program?: HookProgram;
}

/**
 * Writes an executable `pre-commit` hook where git looks for it, including `core.hooksPath` and linked work
 * trees. Updates a hook that `keys` wrote. Throws `conflict` for any other hook; the hint is the line to add
 * to it.
 */
export async function installHook(
  root: string,
  { env, command, program }: HookOptions,
): Promise<{ readonly path: string; readonly change: 'written' | 'none' }> {
  const path = resolve(root, await gitLine(root, env, ['rev-parse', '--git-path', 'hooks/pre-commit']));
  const script = command === undefined && program !== undefined ? scriptOf(program) : hookScript(command);
  const before = await readHook(path);
  if (before === script && (await isExecutable(path))) return { path, change: 'none' };
  if (before !== null && !OURS.test(before))
    throw foreign(path, command ?? (program ? `${singleQuoted(program.path)} guard` : 'keys guard'));
  await writeHook(path, script);
  return { path, change: 'written' };
}

/** What to add to `.pre-commit-config.yaml`, and to husky's `.husky/pre-commit`. */
export function hookSnippets(command = 'keys guard'): { readonly preCommit: string; readonly husky: string } {
  return {
    preCommit: `repos:
  - repo: local
    hooks:
      - id: keys-guard
        name: no keys in version control
        entry: ${command}
        language: system
        always_run: true
        pass_filenames: false
        stages: [pre-commit]
`,
    husky: `${command}\n`,
  };
}

function hookScript(command = 'keys guard'): string {
  return `${HEAD}exec ${command}\n`;
}

function scriptOf({ path, node }: HookProgram): string {
  return `${HEAD}keys=${singleQuoted(path)}\nnode=${singleQuoted(node)}\n${CHECKS}${NODE_CHECK}exec "$node" -- "$keys" guard\n`;
}

function foreign(path: string, command: string): KeysError {
  const husky = /[\\/]\.husky[\\/]_[\\/]pre-commit$/.test(path);
  const file = husky ? '.husky/pre-commit' : 'it';
  // That file of husky's is shared by all who work on the repository.
  const line = husky ? 'keys guard' : command;
  return new KeysError('conflict', `there is another pre-commit hook: ${path}`, {
    hint: `it was left as it is: add a line to ${file}: ${line} || exit 1`,
    details: { path },
  });
}

/**
 * `null`: there is none. A link that leads nowhere is somebody's all the same. A hook may come with the
 * repository, so that only a regular file of bounded size is read.
 */
async function readHook(path: string): Promise<string | null> {
  try {
    const bytes = readWhole(path, MAX_BYTES);
    if (bytes !== null) return bytes.toString('utf8');
    await lstat(path);
    return '';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw unwritable(path, error);
  }
}

/** Git ignores a hook that is not executable. */
async function isExecutable(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Writes atomically, so that no commit runs half a hook. */
async function writeHook(path: string, script: string): Promise<void> {
  try {
    makeFolder(dirname(path), 0o777);
    const options = { mode: 0o755, executable: true, maxBytes: MAX_BYTES };
    await changeFile(path, options, () => Buffer.from(script));
  } catch (error) {
    throw unwritable(path, error);
  }
}

function unwritable(path: string, cause: unknown): KeysError {
  return new KeysError('data_unwritable', `cannot write the hook: ${path}`, {
    hint: 'change the permissions of the folder',
    cause,
  });
}
