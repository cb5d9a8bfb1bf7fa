import { expect, onTestFinished, test } from 'vitest';
import { COMMANDS } from '../../src/cli/program.js';
import { keysInProcess } from '../support/keys-in-process.js';

async function program() {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  return keys;
}

/** Commands that do nothing without a subcommand. */
const GROUPS = ['profile', 'provider', 'config', 'webhook', 'places'];

test.each(GROUPS)('%s alone prints its help', async (group) => {
  expect(COMMANDS).toHaveProperty(group);
  const { code, stdout, stderr } = await (await program()).run([group]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(new RegExp(`^Usage: keys ${group} .*\\[command\\]`));
  expect(stdout).toContain('Commands:');
});

test('help of a command that is not there names it', async () => {
  const keys = await program();
  for (const args of [
    ['help', 'nope'],
    ['profile', 'help', 'nope'],
  ]) {
    const { code, stdout, stderr } = await keys.run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain("unknown command 'nope'");
  }
});

test('keys alone fits a screen of 80 by 24 and names every command', async () => {
  const { code, stdout, stderr } = await (await program()).run([]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  expect(lines.length).toBeLessThan(24);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  const words = new Set(stdout.split(/\s+/));
  for (const [name, { hidden }] of Object.entries(COMMANDS)) expect(words.has(name), name).toBe(!hidden);
});

test('every visible command has a group', () => {
  for (const [name, { hidden, group }] of Object.entries(COMMANDS))
    expect(group === undefined, name).toBe(hidden === true);
});

test.each([
  ['rotate', 'roll'],
  ['ls', 'list'],
  ['delete', 'revoke'],
  ['remove', 'revoke'],
  ['rm', 'revoke'],
  ['whoami', 'status'],
])('%s stands for %s', async (alias, name) => {
  const { code, stdout } = await (await program()).run([alias, '--help']);
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`^Usage: keys ${name}\\|`));
});

test.each([
  ['rotat', 'roll'],
  ['lits', 'list'],
  ['delte', 'revoke'],
  ['genrate', 'create'],
  ['hlep', 'help'],
  ['mint', 'create'],
  ['regenerate', 'roll'],
  ['constructor', null],
  ['zzz', null],
  ['bogus', null],
  ['foo', null],
])('of %s, %s was meant', async (word, meant) => {
  const { code, stderr } = await (await program()).run([word]);
  expect(code).toBe(2);
  expect(stderr).toContain(`unknown command '${word}'`);
  expect(stderr).toContain(
    meant === null ? 'hint: usage: keys [options] <command>' : `did you mean ${meant}?`,
  );
});

test('a mistake in the arguments shows how the command is used, and where its help is', async () => {
  const keys = await program();
  for (const [args, hint] of [
    [['create', '--bogus'], 'usage: keys create [options] [name]; keys create --help explains it'],
    [['profile', 'add'], 'usage: keys profile add [options] <name>; keys profile add --help explains it'],
    [['--profile'], 'keys --help explains it'],
  ] as const) {
    const { code, stderr } = await keys.run(args);
    expect({ code, last: stderr.trimEnd().split('\n').at(-1) }).toEqual({
      code: 2,
      last: expect.stringContaining(hint),
    });
  }
});

test('--verbose is in the help of no command', async () => {
  const keys = await program();
  for (const args of [['--help'], ['list', '--help'], ['profile', 'add', '--help']]) {
    const { stdout } = await keys.run(args);
    expect(stdout).not.toMatch(/^ +--verbose/m);
  }
});

test('keys version prints what keys --version prints', async () => {
  const keys = await program();
  const word = await keys.run(['version']);
  expect(word.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(await keys.start(['--version'])).toEqual(word);
  expect(await keys.run(['--quiet', '--version'])).toEqual(word);
});

test('short options do what the long ones do', async () => {
  const keys = await program();
  expect((await keys.run(['create', 'web', '-n'])).stdout).toContain('would create');
  expect((await keys.run(['create', 'web'])).code).toBe(0);
  expect((await keys.run(['create', 'job'])).code).toBe(0);
  expect((await keys.run(['ls', '-L', '1'])).stdout.trimEnd().split('\n')).toHaveLength(1);
  const loud = await keys.run(['rm', 'job', '-y']);
  expect(loud).toMatchObject({ code: 0, stderr: expect.stringContaining('revoked') });
  expect(await keys.run(['rm', 'web', '-y', '-q'])).toEqual({ code: 0, stdout: '', stderr: '' });
  expect((await keys.run(['-p', 'nope', 'list'])).stderr).toContain('nope');
});

test('env --json prints variables as data', async () => {
  const keys = await program();
  await keys.run(['config', 'set', 'storage', 'file']);
  const created = await keys.run(['create', 'web', '--to', 'keychain', '--json']);
  expect(created.code, created.stderr).toBe(0);
  const { code, stdout } = await keys.run(['env', 'SHOP_KEY=web', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ SHOP_KEY: expect.stringMatching(/^sk_live_/) });
  // The order of `run --key`, where it alone names a key.
  expect(await keys.run(['env', 'web=SHOP_KEY', '--json'])).toMatchObject({ code: 0, stdout });
  expect((await keys.run(['env', 'nope=SHOP_KEY'])).stderr).toContain('nope=SHOP_KEY');
  const child = ['--', process.execPath, '-e', 'process.exit(process.env.SHOP_KEY ? 0 : 1)'];
  for (const key of ['web=SHOP_KEY', 'SHOP_KEY=web'])
    expect((await keys.run(['run', '--key', key, ...child])).code, key).toBe(0);
});
