import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { describe, expect, it } from 'vitest';
import type { Context } from '../../src/cli/context.js';
import { buildFullProgram } from '../../src/cli/program.js';
import { gitRepository } from '../support/git-repository.js';
import { BIN } from '../support/keys.js';
import { missing } from '../support/needs.js';
import { NODES } from '../support/nodes.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const [firstLine = ''] = readFileSync(BIN, 'utf8').split('\n', 1);
const [, interpreter = '', argument = ''] = /^#!(\S+) ?(.*)$/.exec(firstLine) ?? [];

/** A program that starts as ours does, and prints its arguments as JSON. */
function echoProgram(): string {
  const path = join(temporaryFolder(), 'echo.cjs');
  writeFileSync(path, `${firstLine}\nconsole.log(JSON.stringify(process.argv.slice(2)));\n`);
  chmodSync(path, 0o755);
  return path;
}

/** Every long option of every command. */
function optionsOf(command: CommandUnknownOpts): string[] {
  const own = command.options.flatMap(({ long }) => (long ? [long] : []));
  return [...new Set([...own, ...command.commands.flatMap(optionsOf)])];
}

it('has no carriage return where git writes one at the end of every line', () => {
  const { root, git, write } = gitRepository();
  write('.gitattributes', readFileSync(join(dirname(BIN), '../.gitattributes'), 'utf8'));
  write('keys.js', readFileSync(BIN, 'utf8'));
  git('add', '.');
  rmSync(join(root, 'keys.js'));
  git('-c', 'core.autocrlf=true', 'checkout', '--', 'keys.js');
  expect(readFileSync(join(root, 'keys.js'), 'utf8')).not.toContain('\r');
});

it('names one interpreter with one argument', () => {
  // The kernel passes the rest of the line as one argument, and BusyBox's env has no -S.
  expect([interpreter, argument]).toEqual(['/usr/bin/env', 'node']);
});

it.skipIf(missing('busybox'))("starts the program under BusyBox's env", () => {
  const { version } = JSON.parse(readFileSync(join(dirname(BIN), '../package.json'), 'utf8'));
  const started = execFileSync('busybox', ['env', argument, BIN, '--version'], { encoding: 'utf8' });
  expect(started).toBe(`${version}\n`);
});

describe.each(NODES)('with Node %s', (_, node) => {
  // Some versions of Node take an option such as --env-file for their own, wherever it stands.
  it('passes every option of ours on, also with the path of a missing file as value', async () => {
    const options = optionsOf((await buildFullProgram({} as Context, '0.0.0')) as CommandUnknownOpts);
    expect(options.length).toBeGreaterThan(50);
    const args = options.flatMap((option) => [option, '/no/such/file', `${option}=/no/such/file`]);
    const folder = temporaryFolder();
    symlinkSync(node, join(folder, 'node'));
    const env = { PATH: `${folder}:${process.env['PATH']}` };
    const printed = execFileSync(echoProgram(), args, { env, encoding: 'utf8' });
    expect(JSON.parse(printed)).toEqual(args);
  });
});
