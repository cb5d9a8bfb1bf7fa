import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { expect, it } from 'vitest';

const COMMANDS = join(import.meta.dirname, '../../src/cli/commands');

/** Most lines of a command file. The longest are long by their options and help alone. */
const MOST_LINES = 200;

/**
 * Rooms of storage that only the rooms below the command line may use: a command file has options, one call
 * and rendering.
 */
const NOT_FOR_COMMANDS = /\/storage\/(ledger|sql)\//;

/** In what a command file does more than its part, a line each. Types may come from anywhere. */
function breaches(path: string, text: string): string[] {
  const { module } = parseSync(path, text);
  const named = [
    ...module.staticImports
      .filter(({ entries }) => !entries.every(({ isType }) => isType))
      .map(({ moduleRequest }) => moduleRequest.value),
    ...module.dynamicImports.map(({ moduleRequest: { start, end } }) => text.slice(start + 1, end - 1)),
  ];
  const lines = text.split('\n').length - 1;
  const isCommand = module.staticExports.some(({ entries }) =>
    entries.some(({ exportName }) => exportName.name?.endsWith('Command')),
  );
  return [
    ...(isCommand ? [] : [`${path} has no command`]),
    ...named.filter((name) => NOT_FOR_COMMANDS.test(name)).map((name) => `${path} uses ${name}`),
    ...(lines > MOST_LINES ? [`${path} has ${lines} lines`] : []),
  ];
}

it('keeps options, one call and rendering in the command files', () => {
  const paths = readdirSync(COMMANDS);
  expect(paths.flatMap((path) => breaches(path, readFileSync(join(COMMANDS, path), 'utf8')))).toEqual([]);
});

const COMMAND = 'export function xCommand() {}';

it.each([
  ['a use of the ledger', "import { a } from '../../storage/ledger/a.js';", 'uses ../../storage/ledger/a.js'],
  ['a late use', "await import('../../storage/sql/a.js');", 'uses ../../storage/sql/a.js'],
  ['a long file', '\n'.repeat(201), 'has 201 lines'],
])('finds %s', (_, text, found) => expect(breaches('x.ts', `${COMMAND}${text}`)).toEqual([`x.ts ${found}`]));

it('finds a file that is no command', () => {
  expect(breaches('x.ts', 'export const a = 1;')).toEqual(['x.ts has no command']);
});

it('lets a command file use types of the ledger', () => {
  const text = "import type { A } from '../../storage/ledger/a.js';";
  expect(breaches('x.ts', `${COMMAND}${text}`)).toEqual([]);
});
