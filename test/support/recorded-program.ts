import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { temporaryFolder } from './temporary-folder.js';

export interface RecordedProgram {
  /** A PATH whose first folder has the program. */
  readonly path: string;
  /** The arguments and the environment of every call so far: a secret in them is a mistake. */
  recorded(): string;
  /** The arguments of each call. */
  calls(): string[];
}

/**
 * Where a program is; "" where it is not. What pyenv puts on PATH starts several shells before the program:
 * twice its time.
 */
function realPath(name: string): string {
  const found = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
  if (!found.includes('/.pyenv/shims/')) return found;
  return spawnSync('pyenv', ['which', name], { encoding: 'utf8' }).stdout.trim() || found;
}

/**
 * A program on PATH that writes down its arguments and environment before it runs: the real one, or in its
 * place the lines of a shell script, in which `$REAL` is the real one.
 */
export function recordedProgram(name: string, standIn?: string): RecordedProgram {
  const folder = temporaryFolder();
  const [calls, environment] = [join(folder, 'calls.txt'), join(folder, 'environment.txt')];
  const real = realPath(name);
  const script = [
    '#!/bin/sh',
    // On one line each, whatever is in it.
    `printf '%s ' "$@" | tr '\\n' ' ' >> ${calls}; echo >> ${calls}`,
    `env >> ${environment}`,
    `REAL=${real}`,
    standIn ?? 'exec "$REAL" "$@"',
    '',
  ].join('\n');
  writeFileSync(join(folder, name), script);
  chmodSync(join(folder, name), 0o755);
  const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
  return {
    path: `${folder}${delimiter}${process.env['PATH']}`,
    recorded: () => read(calls) + read(environment),
    calls: () =>
      read(calls)
        .split('\n')
        .filter(Boolean)
        .map((line) => line.trim()),
  };
}
