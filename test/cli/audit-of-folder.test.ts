import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { gitRepository } from '../support/git-repository.js';
import type { KeysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';

let keys: KeysProgram;
beforeEach(async () => {
  keys = await keysInProcess();
  return () => keys.remove();
});

it('says of a folder that it is in no git repository', async () => {
  const folder = join(keys.home, 'plain');
  mkdirSync(folder);
  const plain = await keys.run(['audit', '--repo', folder, '--json']);
  expect([plain.code, plain.stderr]).toEqual([
    0,
    expect.stringContaining(`${folder} is in no git repository: its files were searched as they are`),
  ]);
  const { root } = gitRepository();
  expect((await keys.run(['audit', '--repo', root])).stderr).not.toContain('git repository');
});

it('says of a key in an env file that it no longer works, as of one in the repository', async () => {
  const { root } = gitRepository();
  await keys.run(['create', 'web', '--to', 'web.env#WEB'], { cwd: keys.home });
  const [, secret = ''] = readFileSync(join(keys.home, 'web.env'), 'utf8').trim().split('=');
  writeFileSync(join(root, '.gitignore'), '.env*\n');
  for (const file of ['.env', '.env.test']) writeFileSync(join(root, file), `WEB=${secret}\n`);
  const found = async () => {
    const { stdout } = await keys.run(['audit', '--repo', root, '--json']);
    const { findings } = JSON.parse(stdout) as {
      findings: Array<{ rule: string; severity: string; message: string }>;
    };
    return findings
      .filter(({ rule }) => ['shared', 'live-key-in-test'].includes(rule))
      .map(({ severity, message }) => [severity, message.replace(/\S+…\w+/, 'KEY')]);
  };
  expect((await found()).sort()).toEqual([
    ['high', 'KEY is in .env too'],
    ['medium', 'a live key is in a file for tests'],
  ]);
  await keys.run(['revoke', 'web', '--yes']);
  expect((await found()).sort()).toEqual([
    ['low', 'KEY, which no longer works, is in .env too'],
    ['low', 'a live key, which no longer works, is in a file for tests'],
  ]);
});
