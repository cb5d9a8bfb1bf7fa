import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import type { Context } from '../../src/cli/context.js';
import { ENVIRONMENT_VARIABLES, variablesOfCommand } from '../../src/cli/environment-variables.js';
import { EXIT_CODES, exitCodesOf } from '../../src/cli/exit-codes.js';
import { commandTree } from '../../src/cli/man/command-tree.js';
import { generateDocs } from '../../src/cli/man/generate-docs.js';
import { TOPICS } from '../../src/cli/man/man-page.js';
import { PROVIDERS_TOPIC, withProviderTable } from '../../src/cli/man/provider-table.js';
import { topicPage } from '../../src/cli/man/topic-page.js';
import { buildFullProgram, COMMANDS } from '../../src/cli/program.js';
import { loadAllProviders } from '../../src/providers/registry.js';
import { GUIDES } from '../support/guides.js';
import { callKeys } from '../support/keys-in-process.js';
import { missing } from '../support/needs.js';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const tree = async () => commandTree(await buildFullProgram({} as Context, '0.0.0'));

it('has the man pages and completions of the command tree', async () => {
  for (const [path, text] of generateDocs(await tree())) expect(read(path), path).toBe(text);
});

it('has a page for every visible command and every topic, listed in package.json', async () => {
  const { man } = JSON.parse(read('package.json')) as { man: string[] };
  const visible = Object.entries(COMMANDS).filter(([, { hidden }]) => !hidden);
  const topics = TOPICS.map((topic) => `man/keys-${topic}.7`);
  const commands = visible.map(([name]) => `man/keys-${name}.1`);
  expect([...man].sort()).toEqual(['man/keys.1', ...commands, ...topics].sort());
});

it('shows examples, exit codes, variables and related pages of every command, in help and on its page', async () => {
  for (const { name } of (await tree()).commands.filter((command) => command.name !== 'help')) {
    const page = read(`man/keys-${name}.1`);
    for (const heading of ['ENVIRONMENT', 'EXIT STATUS', 'EXAMPLES', 'SEE ALSO'])
      expect(page, name).toContain(`\n.Sh ${heading}\n`);
    const { stdout } = await callKeys([name, '--help'], { HOME: '/nonexistent' });
    for (const part of [/^Examples:$/m, /^Exit codes: +0 1 2/m, /^Environment: +KEYS_/m, `man keys-${name}`])
      expect(stdout, name).toMatch(part);
  }
});

it('documents exactly the KEYS_ variables that the program reads', () => {
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

it('names the same variables in keys-scripting(7) as in help', () => {
  const [, table = ''] = read('man/keys-scripting.7.md').split('| variable | means |');
  const rows = table.split('\n\n', 1)[0]?.match(/^\| `.*?` \|/gm) ?? [];
  const told = rows.flatMap((row) => [...row.matchAll(/`([A-Z_]+(?:<[A-Z]+>)?)`/g)].map(([, name]) => name));
  const named = ENVIRONMENT_VARIABLES.flatMap(({ name }) => name.split(' , '));
  expect(told.sort()).toEqual(named.sort());
});

it('names what a shared ledger needs wherever it names the address of one', () => {
  for (const name of Object.keys(COMMANDS)) {
    const read = variablesOfCommand(name).flatMap((variable) => variable.name.split(' , '));
    if (!read.includes('KEYS_LEDGER_URL')) continue;
    expect(read, name).toEqual(expect.arrayContaining(['KEYS_LEDGER_KEY', 'PGPASSWORD', 'KEYS_MACHINE']));
  }
});

it('has exit code 9 for commands that can leave something pending, and for no other', () => {
  const pending = Object.keys(COMMANDS).filter((name) => exitCodesOf(name).some(([code]) => code === 9));
  expect(pending).toEqual(expect.arrayContaining(['create', 'roll', 'resume', 'revoke']));
  // `keys run` ends with the exit code of its program.
  expect(pending).not.toContain('run');
});

describe('a topic', () => {
  it.each(TOPICS)('%s has the man page of its Markdown source', (topic) => {
    const page = `man/keys-${topic}.7`;
    expect(topicPage(read(`${page}.md`))).toBe(read(page));
  });

  it('refuses Markdown that it has no form for', () => {
    for (const source of ['no title', '# keys-x(7): about\n\n> quoted'])
      expect(() => topicPage(source)).toThrow(RangeError);
  });

  it('on providers has the table of the definitions', async () => {
    const page = read(PROVIDERS_TOPIC);
    expect(withProviderTable(page, await loadAllProviders())).toBe(page);
  });

  it('on scripting has every exit code', () => {
    for (const [code, meaning] of EXIT_CODES)
      expect(read('man/keys-scripting.7.md')).toContain(`| ${code} | ${meaning} |`);
  });

  it('on scripting has every variable that starts with KEYS_', () => {
    for (const { name } of ENVIRONMENT_VARIABLES.filter((variable) => variable.name.startsWith('KEYS_')))
      for (const one of name.split(' , ')) expect(read('man/keys-scripting.7.md')).toContain(`\`${one}\``);
  });
});

describe('README', () => {
  it('has at most 200 lines', () => {
    expect(read('README.md').split('\n').length).toBeLessThanOrEqual(200);
  });

  it('links every topic', () => {
    for (const topic of TOPICS) expect(read('README.md')).toContain(`(man/keys-${topic}.7.md)`);
  });

  it('and the topics link only files that exist', () => {
    for (const path of GUIDES)
      for (const [, target = ''] of read(path).matchAll(/\]\((?!https?:)([^)#]+)/g))
        expect(existsSync(join(ROOT, dirname(path), target)), `${path}: ${target}`).toBe(true);
  });

  it('names every command', async () => {
    for (const { name } of (await tree()).commands)
      if (name !== 'help') expect(read('README.md')).toContain(`\`${name}\``);
  });

  it.skipIf(missing('shellcheck'))('and the topics have shell that shellcheck accepts', async () => {
    const blocks = [
      ...GUIDES.map(read)
        .join('\n')
        .matchAll(/```sh\n([\s\S]*?)```/g),
    ].map(([, script]) => script ?? '');
    expect(blocks.length).toBeGreaterThan(2);
    for (const input of blocks) {
      const { stdout } = await execa('shellcheck', ['--shell=bash', '--severity=warning', '-'], {
        input,
        reject: false,
      });
      expect(stdout).toBe('');
    }
  });
});
