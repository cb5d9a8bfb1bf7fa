import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import { childEnvironment, execDestination } from '../../src/places/exec.js';
import { keyringSession, MISSING_PROGRAMS } from '../storage/keyring-session.js';
import { BIN, type KeysProgram, keysProgram } from '../support/keys.js';
import { withoutReader } from '../support/without-reader.js';

let keys: KeysProgram;
beforeEach(async () => {
  keys = await keysProgram();
  return () => keys.remove();
});

const SECRET = /sk_live_[0-9A-Za-z]{39}/;
const json = async (args: string[]) => JSON.parse((await keys.run([...args, '--json'])).stdout);
const file = (name: string) => join(keys.home, name);
const read = (name: string) => readFileSync(file(name), 'utf8');

it('hands a secret to every destination, and shows it in none of its own output', async () => {
  writeFileSync(file('github'), '');
  const { code, stdout, stderr } = await keys.run([
    ...['create', '--name', 'web', '--json', '--env-file', file('.env'), '--env-name', 'WEB'],
    ...['--exec', `cat > ${file('one')}`, '--exec', `cat > ${file('two')}`],
  ]);
  expect(code, stderr).toBe(0);
  const secret = read('one');
  expect(secret).toMatch(new RegExp(`^${SECRET.source}$`));
  expect([read('two'), read('.env')]).toEqual([secret, `WEB=${secret}\n`]);
  expect(stdout + stderr).not.toContain(secret);
  expect(JSON.parse(stdout).delivered_to).toHaveLength(3);
});

describe('before anything is created, ends where', () => {
  it.each([
    ['a file cannot be written', (): string[] => ['--env-file', '/proc/none/.env'], 6],
    ['a command is not there', (): string[] => ['--exec', 'no-such-command-here'], 2],
    ['there is no keychain', (): string[] => ['--save'], 1],
    ['this is no GitHub job', (): string[] => ['--github-env', 'A'], 2],
    ['a name steers a shell', (): string[] => ['--env-file', file('.env'), '--env-name', 'PATH'], 2],
  ])('%s', async (_, args, exit) => {
    const { code } = await keys.run(['create', '--name', 'web', '--exec', 'cat', ...args()]);
    expect([code, await json(['list', '--all']), await json(['pending'])]).toEqual([exit, [], []]);
  });

  it.each(['>/dev/null', '>&-'])('stdout is %s', async (redirection) => {
    const { exitCode } = await execa(
      'bash',
      ['-c', `"$NODE" -- "$BIN" create --name web --raw ${redirection}`],
      {
        env: { ...keys.env, NODE: process.execPath, BIN },
        extendEnv: false,
        reject: false,
      },
    );
    expect([exitCode, await json(['list', '--all'])]).toEqual([6, []]);
  });
});

describe('a delivery that fails after all', () => {
  it.each([
    ['fails', 'exit 3', /ended with 3/],
    ['dies by a signal', 'kill -9 $$', /SIGKILL|ended with 137/],
    ['reads nothing', 'true; exec <&-; sleep 0.1; exit 1', /ended with 1/],
  ])(
    'because its command %s, leaves the others done, and is made by keys resume',
    async (_, command, message) => {
      const script = file('sink.sh');
      writeFileSync(script, command);
      const args = [
        'create',
        '--name',
        'web',
        '--exec',
        `sh ${script}`,
        '--env-file',
        file('.env'),
        '--env-name',
        'WEB',
      ];
      const { code, stderr } = await keys.run(args);
      expect([code, stderr]).toEqual([9, expect.stringMatching(message)]);
      expect(stderr).toContain('run keys resume');
      expect(stderr).not.toMatch(SECRET);
      expect(read('.env')).toMatch(SECRET);
      expect(await json(['pending'])).toMatchObject([
        { name: 'web', owed: [expect.stringContaining('sink.sh')] },
      ]);
      expect((await keys.run(['resume'])).code).toBe(9);
      writeFileSync(script, `cat > ${file('got')}`);
      expect((await keys.run(['resume'])).code).toBe(0);
      expect(read('.env')).toBe(`WEB=${read('got')}\n`);
      expect(await json(['pending'])).toEqual([]);
      expect(await json(['list'])).toHaveLength(1);
    },
  );

  it('because its reader went away, is told, and shown by keys resume --show', async () => {
    const { exitCode } = await withoutReader(keys, ['create', '--name', 'web', '--raw']);
    expect(exitCode).toBe(9);
    expect(await json(['pending'])).toHaveLength(1);
    expect((await keys.run(['resume', '--show'])).stdout).toMatch(SECRET);
  });
});

it('gives a command nothing but stdin, and nothing of ours', async () => {
  const script = file('look.sh');
  writeFileSync(
    script,
    `env > ${file('env')}; tr '\\0' ' ' < /proc/$$/cmdline > ${file('argv')}; cat > ${file('in')}; cat ${file('in')}`,
  );
  const { stderr } = await keys.run(['create', '--name', 'web', '--exec', `sh ${script}`], {
    env: {
      KEYS_API_KEY: 'sk_live_fake_own',
      KEYS_MANAGEMENT_KEY: 'sk_live_fake_own',
      KEYS_ENCRYPTION_KEY: 'fake',
    },
  });
  const secret = read('in');
  expect(secret).toMatch(SECRET);
  expect(read('env') + read('argv') + stderr).not.toContain(secret);
  expect(read('env')).not.toMatch(/KEYS_(API|MANAGEMENT|ENCRYPTION)_KEY/);
});

it('does not wait for what a command leaves running in the background', async () => {
  const said: string[] = [];
  const destination = execDestination({
    command: 'sleep 60 & echo started',
    directory: keys.home,
    env: keys.env,
    onOutput: (text) => said.push(text),
    onSignal: () => () => undefined,
    timeoutMs: 30_000,
  });
  await destination.deliver({ secret: 'fake' });
  expect(said.join('')).toContain('started');
});

it('hands no credential of its own to a child', () => {
  const own = { KEYS_API_KEY: 'fake', KEYS_MANAGEMENT_KEY: 'fake', KEYS_ENCRYPTION_KEY: 'fake' };
  const database = { KEYS_DATABASE_URL: 'postgres://u:fake@h/d', PGPASSWORD: 'fake', PGPASSFILE: 'fake' };
  expect(childEnvironment({ A: '1', ...own, ...database })).toEqual({ A: '1' });
  // Without a database of this tool, these are the user's own.
  expect(childEnvironment({ PGPASSWORD: 'theirs' })).toEqual({ PGPASSWORD: 'theirs' });
});

it('gives up on a command that hangs, and ends it', async () => {
  const destination = execDestination({
    command: 'sleep 30',
    directory: keys.home,
    env: keys.env,
    onOutput: () => undefined,
    onSignal: () => () => undefined,
    timeoutMs: 300,
  });
  await expect(destination.deliver({ secret: 'fake' })).rejects.toMatchObject({
    code: 'delivery_failed',
    message: expect.stringContaining('did not end within'),
  });
});

it('masks before it sets, in a GitHub job', async () => {
  writeFileSync(file('github.env'), 'A=1\n');
  writeFileSync(file('github.out'), '');
  const env = { GITHUB_ENV: file('github.env'), GITHUB_OUTPUT: file('github.out') };
  const { code, stdout } = await keys.run(
    ['create', '--name', 'web', '--github-env', 'WEB', '--github-output', 'web_key'.toUpperCase()],
    {
      env,
    },
  );
  expect(code).toBe(0);
  const secret = SECRET.exec(stdout)?.[0] ?? '';
  expect(stdout.startsWith(`::add-mask::${secret}\n`)).toBe(true);
  expect(stdout.replaceAll(`::add-mask::${secret}\n`, '')).not.toContain(secret);
  expect(read('github.env')).toMatch(new RegExp(`^A=1\nWEB<<keys_\\w+\n${secret}\nkeys_\\w+\n$`));
  expect(read('github.out')).toContain(secret);
});

describe.skipIf(MISSING_PROGRAMS.length > 0)('a real keychain', () => {
  it('keeps what --save saves, for env and run', async () => {
    const session = await keyringSession('unlocked');
    const { HOME: _, ...env } = session.env;
    const own = await keysProgram(env);
    expect((await own.run(['create', '--name', 'web', '--save'])).code).toBe(0);
    const line = (await own.run(['env', 'web', '--shell', 'sh'])).stdout;
    expect(line).toMatch(new RegExp(`^export WEB_API_KEY='${SECRET.source}'\n$`));
    const ran = await own.run(['run', '--key', 'web', '--', 'sh', '-c', 'echo "$WEB_API_KEY"']);
    expect(line).toContain(ran.stdout.trim());
    await session.lock();
    const locked = await own.run(['create', '--name', 'late', '--save']);
    expect(locked.code).toBe(1);
    expect(JSON.parse((await own.run(['list', '--json'])).stdout)).toHaveLength(1);
    await own.remove();
  });
});
