import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { VARIABLE_RULE } from '../../src/places/variable-name.js';
import { readGuide } from '../support/guides.js';
import { type KeysProgram, storeSecretsInFile } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';

let keys: KeysProgram;
beforeAll(async () => {
  keys = await keysInProcess();
  await storeSecretsInFile(keys);
  return () => keys.remove();
});

it('offers a variable that is free for keys whose names have no Latin letters', async () => {
  const file = `${keys.home}/.env`;
  for (const [name, place] of [
    ['支付', 'API_KEY'],
    ['مفتاح', 'API_KEY_2'],
    ['🔑', 'API_KEY_3'],
  ] as const) {
    const refused = await keys.run(['create', name, '--to', file]);
    if (place !== 'API_KEY') {
      expect([refused.code, refused.stderr]).toEqual([
        6,
        expect.stringContaining(`--to 'file:${file}#${place}'`),
      ]);
      expect((await keys.run(['create', name, '--to', `file:${file}#${place}`])).code).toBe(0);
    }
  }
  expect(readFileSync(file, 'utf8').match(/^API_KEY\w*/gm)).toEqual(['API_KEY', 'API_KEY_2', 'API_KEY_3']);
});

it('refuses two keys of one variable before anything is used or created', async () => {
  const own = ['--provider', 'jahuty'];
  for (const name of ['第三', '第四']) {
    const stdin = `fake-jahuty-key-${name === '第三' ? 'three' : 'four'}\n`;
    await keys.run(['import', ...own, '--name', name, '--type', 'secret'], { stdin });
  }
  const both = ['--key', '第三', '--key', '第四', '--', 'true'];
  const run = await keys.run(['run', ...own, ...both]);
  expect([run.code, run.stderr]).toEqual([2, expect.stringContaining("--key '第四=JAHUTY_API_KEY_2'")]);
  expect(run.stderr).toContain('nothing was done');
  const listed = JSON.parse((await keys.run(['list', ...own, '--json'])).stdout);
  expect(listed.map((key: { last_used_here: string | null }) => key.last_used_here)).toEqual([null, null]);
  const env = await keys.run(['env', ...own, '第三', '第四']);
  expect([env.code, env.stderr]).toEqual([2, expect.stringContaining("JAHUTY_API_KEY_2='第四'")]);
  await keys.run(['create', 'web', '--to', 'keychain']);
  const before = (await keys.run(['list', '--all', '--json'])).stdout;
  expect((await keys.run(['run', '--key', 'web', '--ephemeral', '--', 'true'])).code).toBe(2);
  expect((await keys.run(['list', '--all', '--json'])).stdout).toBe(before);
});

it('has one rule for the variable of a key, and the same sentences everywhere', async () => {
  const flat = (text: string) => text.replace(/\s+/g, ' ');
  for (const args of [
    ...['create', 'roll', 'deliver', 'import', 'run', 'env'].map((command) => [command, '--help']),
    ['places', 'add', '--help'],
    ['provider', 'show', 'keys'],
  ]) {
    expect([args, flat((await keys.run(args)).stdout).includes(VARIABLE_RULE)]).toEqual([args, true]);
  }
  expect(flat(readGuide('man/keys-places.7.md'))).toContain(VARIABLE_RULE);
});
