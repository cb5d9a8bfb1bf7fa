import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { expect, it } from 'vitest';
import type { Context } from '../../src/cli/context.js';
import { buildFullProgram } from '../../src/cli/program.js';
import { GUIDES } from '../support/guides.js';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const inFolder = (folder: string, ending: string) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`);

const DOCUMENTS = [...GUIDES, 'CONTRIBUTING.md'];
const WORKFLOWS = [...inFolder('.github/workflows', '.yml'), '.ci/run'];
const { scripts, bin } = JSON.parse(read('package.json')) as {
  scripts: Record<string, string>;
  bin: Record<string, string>;
};

/** Returns the matches of the pattern, each with its document. */
function named(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) => [...read(path).matchAll(pattern)].map(([, name]) => `${name} (${path})`));
}

const nameOf = (entry: string) => entry.replace(/ \(.*$/, '');

it('every npm script in a document exists', () => {
  const run = named([...DOCUMENTS, ...WORKFLOWS], /\bnpm run (?:--?[\w-]+ )*([a-z][\w:-]*[\w])/g);
  expect(run.length).toBeGreaterThan(10);
  expect(run.filter((entry) => !(nameOf(entry) in scripts))).toEqual([]);
});

it('every file of the project in a document exists', () => {
  // In guides, `src` and `test` are the reader's folders.
  const files = named(GUIDES, /(?<![\w/.-])((?:\.github|bin|man|completions)\/[\w./-]*\w)/g).concat(
    named(
      ['CONTRIBUTING.md', ...WORKFLOWS],
      /(?<![\w/.-])((?:src|test|\.ci|\.github|bin|man|completions)\/[\w./-]*\w)(?![\w*<{$])/g,
    ),
  );
  expect(files.length).toBeGreaterThan(10);
  expect(files.filter((entry) => !existsSync(join(ROOT, nameOf(entry))))).toEqual([]);
});

it('every file that a script runs exists, and so do its imports', () => {
  const programs = [...named(['package.json'], /node ([\w./-]+\.m?js)/g).map(nameOf), ...Object.values(bin)];
  const written = programs.filter((path) => !path.startsWith('dist/'));
  expect(written.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  const modules = [...inFolder('test', '.mjs'), ...inFolder('.ci', '.mjs')];
  const imported = modules.flatMap((path) =>
    [...read(path).matchAll(/(?:from |import\()'(\.[^']+)'/g)].map(([, target = '']) =>
      join(dirname(path), target),
    ),
  );
  expect(imported.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

it('every option of keys in a document or man page exists', async () => {
  const program = (await buildFullProgram({} as Context, '0.0.0')) as CommandUnknownOpts;
  const options = new Set(['--help', '--version', ...optionsOf(program)]);
  // A command line of `keys`, up to a pipe or to the program that it runs.
  const lines = [...DOCUMENTS, ...inFolder('man', '.1')].flatMap((path) =>
    [...read(path).matchAll(/(?:^|[`$(]|run: |Nm )keys ([a-z][^\n`|;#&]*)/gm)].map(([, line = '']) => [
      path,
      line,
    ]),
  );
  expect(lines.length).toBeGreaterThan(50);
  const unknown = lines.flatMap(([path, line = '']) =>
    [...(line.split(' -- ')[0] ?? '').replaceAll(/'[^']*'|"[^"]*"/g, '').matchAll(/(?<=\s)(--[a-z][a-z-]*)/g)]
      .map(([, option = '']) => option)
      .filter((option) => !options.has(option))
      .map((option) => `${option} (${path}: keys ${line})`),
  );
  expect(unknown).toEqual([]);
});

function optionsOf(command: CommandUnknownOpts): string[] {
  const own = command.options.flatMap(({ long }) => (long ? [long, long.replace('--', '--no-')] : []));
  return [...own, ...command.commands.flatMap(optionsOf)];
}
