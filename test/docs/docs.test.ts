import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import type { Context } from '../../src/cli/context.js';
import { ENVIRONMENT_VARIABLES } from '../../src/cli/environment-variables.js';
import { EXIT_CODES } from '../../src/cli/exit-codes.js';
import { commandTree } from '../../src/cli/man/command-tree.js';
import { generateDocs } from '../../src/cli/man/generate-docs.js';
import { withProviderTable } from '../../src/cli/man/provider-table.js';
import { buildFullProgram, COMMANDS } from '../../src/cli/program.js';
import { loadAllProviders } from '../../src/providers/registry.js';
import { missing } from '../support/needs.js';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const tree = async () => commandTree(await buildFullProgram({} as Context, '0.0.0'));

it('has man pages and completions that are as the command tree says', async () => {
  for (const [path, text] of generateDocs(await tree())) expect(read(path), path).toBe(text);
});

it('has a page for every command that is not hidden, in the package too', async () => {
  const { man } = JSON.parse(read('package.json')) as { man: string[] };
  const visible = Object.entries(COMMANDS).filter(([, { hidden }]) => !hidden);
  const commands = man.filter((path) => path.endsWith('.1'));
  expect(commands.sort()).toEqual(['man/keys.1', ...visible.map(([name]) => `man/keys-${name}.1`)].sort());
});

it('says of every command, in help and on its page, examples, exit codes, environment and where more is said', async () => {
  for (const { name } of (await tree()).commands.filter((command) => command.name !== 'help')) {
    const page = read(`man/keys-${name}.1`);
    for (const heading of ['ENVIRONMENT', 'EXIT STATUS', 'EXAMPLES', 'SEE ALSO'])
      expect(page, name).toContain(`\n.Sh ${heading}\n`);
    const { stdout } = await execa(process.execPath, [join(ROOT, 'bin/keys.js'), name, '--help']);
    for (const part of [/^Examples:$/m, /^Exit codes: +0 1 2/m, /^Environment: +KEYS_/m, `man keys-${name}`])
      expect(stdout, name).toMatch(part);
  }
});

it('names every variable of ours that the program reads, and no other', () => {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.includes('environment-variables'))
    .map((path) => read(`src/${path}`))
    .join('\n');
  const used = new Set([...sources.matchAll(/env\[?\.?'(KEYS_[A-Z_]+)'\]/g)].map(([, name]) => name));
  const named = ENVIRONMENT_VARIABLES.flatMap(({ name }) => name.split(' , ')).filter((name) =>
    name.startsWith('KEYS_'),
  );
  for (const name of used) expect(named).toContain(name);
  for (const name of named) expect(sources).toContain(name);
});

describe('README', () => {
  it('has the table of providers as the definitions say', async () => {
    expect(withProviderTable(read('README.md'), await loadAllProviders())).toBe(read('README.md'));
  });

  it('has the exit codes of the table', () => {
    // The formatter pads the cells.
    const readme = read('README.md').replace(/ +/g, ' ');
    for (const [code, meaning] of EXIT_CODES) expect(readme).toContain(`| ${code} | ${meaning} |`);
  });

  it('names every command', async () => {
    for (const { name } of (await tree()).commands)
      if (name !== 'help') expect(read('README.md')).toContain(`\`${name}\``);
  });

  it.skipIf(missing('shellcheck'))('has shell that shellcheck accepts', async () => {
    const blocks = [...read('README.md').matchAll(/```sh\n([\s\S]*?)```/g)].map(([, script]) => script ?? '');
    expect(blocks.length).toBeGreaterThan(2);
    // SC2139: that the alias of a checkout expands when it is defined is what is wanted.
    for (const input of blocks) {
      const { stdout } = await execa(
        'shellcheck',
        ['--shell=bash', '--severity=warning', '--exclude=SC2139', '-'],
        {
          input,
          reject: false,
        },
      );
      expect(stdout).toBe('');
    }
  });
});
