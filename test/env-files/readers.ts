import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { parse as dotenv } from 'dotenv';

/** Reads a text as an env file and returns its variables V0, V1 …, as far as it sees them. */
interface Reader {
  readonly name: string;
  read(text: string, count: number, folder: string): Array<string | undefined>;
}

const names = (count: number) => Array.from({ length: count }, (_, i) => `V${i}`);

/** A shell that sources the file and prints the values, one after the other, each ended by a zero byte. */
function shell(program: string, ...flags: string[]): Reader {
  return {
    name: program,
    read(text, count, folder) {
      const path = join(folder, 'env');
      writeFileSync(path, text);
      const script = `. ${path}; i=0; while [ $i -lt ${count} ]; do eval "printf '%s\\0' \\"\\$V$i\\""; i=$((i + 1)); done`;
      const env = { PATH: process.env['PATH'] ?? '', HOME: folder, LC_ALL: 'C.UTF-8' };
      const out = execFileSync(program, [...flags, '-c', script], {
        cwd: folder,
        env,
        stdio: ['ignore', 'pipe', 'ignore'],
        maxBuffer: 1 << 28,
      });
      return out.toString().split('\0').slice(0, count);
    },
  };
}

function parser(name: string, parse: (text: string) => Record<string, string | undefined>): Reader {
  return {
    name,
    read(text, count) {
      const values = parse(text);
      return names(count).map((variable) => values[variable]);
    },
  };
}

/**
 * Docker's rules for `--env-file`: a line is NAME=VALUE as it stands; a line that begins with # is a comment.
 */
function docker(text: string): Record<string, string> {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .map((line) => line.replace(/\r$/, '').trimStart());
  return Object.fromEntries(
    lines.flatMap((line) => {
      const at = line.indexOf('=');
      return line === '' || line.startsWith('#') || at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
    }),
  );
}

const PYTHON = `
import sys, json
from dotenv import dotenv_values
print(json.dumps(dotenv_values(sys.argv[1], encoding='utf-8')))`;

const python: Reader = {
  name: 'python-dotenv',
  read(text, count, folder) {
    const path = join(folder, 'env');
    writeFileSync(path, text);
    const out = execFileSync('python3', ['-c', PYTHON, path], {
      cwd: folder,
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const values = JSON.parse(out.toString()) as Record<string, string>;
    return names(count).map((variable) => values[variable]);
  },
};

function has(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Every reader that this machine has; those that are missing are named in `MISSING`. */
const ALL: ReadonlyArray<readonly [Reader, boolean]> = [
  [shell('sh'), true],
  [shell('bash', '--norc'), has('bash', '-c', ':')],
  [shell('dash'), has('dash', '-c', ':')],
  [shell('zsh', '-f'), has('zsh', '-fc', ':')],
  [parser('Node', (text) => parseEnv(text)), true],
  [parser('dotenv', (text) => dotenv(text)), true],
  [python, has('python3', '-c', 'import dotenv')],
  [parser("docker's rules", docker), true],
];

export const READERS = ALL.flatMap(([reader, there]) => (there ? [reader] : []));
export const MISSING = ALL.flatMap(([{ name }, there]) => (there ? [] : [name]));
