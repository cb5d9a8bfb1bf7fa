import { expect, onTestFinished, test } from 'vitest';
import { COMMANDS } from '../../src/cli/program.js';
import { keysProgram } from '../support/keys.js';

async function program() {
  const keys = await keysProgram();
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
    expect(stderr).toContain('no command nope');
  }
});

test('env --json prints variables as data', async () => {
  const keys = await program();
  await keys.run(['config', 'set', 'storage', 'file']);
  const created = await keys.run(['create', 'web', '--to', 'keychain', '--json']);
  expect(created.code, created.stderr).toBe(0);
  const { code, stdout } = await keys.run(['env', 'SHOP_KEY=web', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ SHOP_KEY: expect.stringMatching(/^sk_live_/) });
});
