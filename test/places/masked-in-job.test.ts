import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, expect, it } from 'vitest';
import { maskLine } from '../../src/places/mask-printed.js';
import { storeSecretsInFile } from '../support/keys.js';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';

let keys: KeysInProcess;
beforeEach(async () => {
  keys = await keysInProcess();
  await storeSecretsInFile(keys);
  return () => keys.remove();
});

const SECRET = /sk_live_[0-9A-Za-z]{39}/;
const JOB = { GITHUB_ACTIONS: 'true' };

it.each([
  ['create --raw', ['create', 'new', '--raw']],
  ['create --json', ['create', 'new', '--json']],
  ['create --env', ['create', 'new', '--env']],
  ['create', ['create', 'new']],
  ['roll --json', ['roll', 'web', '--json']],
  ['roll --raw', ['roll', 'web', '--raw']],
  ['env', ['env', 'saved']],
  ['env --json', ['env', 'saved', '--json']],
  ['resume --show', ['resume', '--show']],
])('in a GitHub job, %s masks the secret that it prints', async (_title, args) => {
  await keys.run(['create', 'web', '--raw']);
  if (args[0] === 'env') await keys.run(['create', 'saved', '--to', 'keychain']);
  if (args[0] === 'resume') await keys.run(['create', 'late', '--to', 'exec:exit 1']);
  const { code, stdout, stderr } = await keys.run(args, { env: JOB });
  const [secret = 'none'] = SECRET.exec(stdout) ?? [];
  // What the failing place of the resumed key waits for is not what is tested here.
  expect(code, stderr).toBe(args[0] === 'resume' ? 9 : 0);
  expect(stderr.split('\n').filter((line) => line.includes(secret))).toEqual([`::add-mask::${secret}`]);
});

it('masks before it prints, and only in a GitHub job', async () => {
  const bin = join(import.meta.dirname, '../../bin/keys.js');
  const run = async (env: Record<string, string>) =>
    (
      await execa(process.execPath, [bin, 'create', `n${Object.keys(env).length}`, '--json'], {
        env: { ...keys.env, ...env },
        extendEnv: false,
        stdin: 'ignore',
        all: true,
        timeout: 60_000,
      })
    ).all;
  const inJob = await run(JOB);
  const secret = SECRET.exec(inJob)?.[0] ?? '';
  expect(inJob.indexOf(`::add-mask::${secret}\n`)).toBe(inJob.indexOf(secret) - '::add-mask::'.length);
  expect(await run({})).not.toContain('::add-mask::');
});

it('masks the lines of a secret of several lines in one command', () => {
  expect(maskLine('fake 100%\r\nsecond')).toBe('::add-mask::fake 100%25%0D%0Asecond\n');
});
