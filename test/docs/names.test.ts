import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { expect, it } from 'vitest';
import type { Context } from '../../src/cli/context.js';
import { buildFullProgram } from '../../src/cli/program.js';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const inFolder = (folder: string, ending: string) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`);

const GUIDES = ['README.md', 'CONTRIBUTING.md'];
const WORKFLOWS = [...inFolder('.github/workflows', '.yml'), '.ci/run'];
const { scripts, bin } = JSON.parse(read('package.json')) as {
  scripts: Record<string, string>;
  bin: Record<string, string>;
};

/** What matches, each with the document that it stands in. */
function named(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) => [...read(path).matchAll(pattern)].map(([, name]) => `${name} (${path})`));
}

const nameOf = (entry: string) => entry.replace(/ \(.*$/, '');

it('every script that a document runs with npm is there', () => {
  const run = named([...GUIDES, ...WORKFLOWS], /\bnpm run (?:--?[\w-]+ )*([a-z][\w:-]*[\w])/g);
  expect(run.length).toBeGreaterThan(10);
  expect(run.filter((entry) => !(nameOf(entry) in scripts))).toEqual([]);
});

it('every file of ours that a document names is there', () => {
  // In README, `src` and `test` are folders of the reader's.
  const files = named(['README.md'], /(?<![\w/.-])((?:\.github|bin|man|completions)\/[\w./-]*\w)/g).concat(
    named(
      ['CONTRIBUTING.md', ...WORKFLOWS],
      /(?<![\w/.-])((?:src|test|\.ci|\.github|bin|man|completions)\/[\w./-]*\w)(?![\w*<{$])/g,
    ),
  );
  expect(files.length).toBeGreaterThan(10);
  expect(files.filter((entry) => !existsSync(join(ROOT, nameOf(entry))))).toEqual([]);
});

it('every file that a script runs is there, with all that it imports', () => {
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

it('every option of keys that README or a page shows is one', async () => {
  const program = (await buildFullProgram({} as Context, '0.0.0')) as CommandUnknownOpts;
  const options = new Set(['--help', '--version', ...optionsOf(program)]);
  // A command line of ours: up to what it runs, hands over or is piped into.
  const lines = [...GUIDES, ...inFolder('man', '.1')].flatMap((path) =>
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
