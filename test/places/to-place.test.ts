import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import { childEnvironment } from '../../src/domain/child-environment.js';
import { runPlaceCommand } from '../../src/places/kinds/exec.js';
import { keyringSession, MISSING_PROGRAMS } from '../storage/keyring-session.js';
import { withRealClock } from '../support/fake-clock.js';
import { fakePlaceContext } from '../support/fake-place-context.js';
import { BIN, keysProgram } from '../support/keys.js';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';
import { withoutReader } from '../support/without-reader.js';

let keys: KeysInProcess;
beforeEach(async () => {
  keys = await keysInProcess();
  return () => keys.remove();
});

const SECRET = /sk_live_[0-9A-Za-z]{39}/;
const json = async (args: string[]) => JSON.parse((await keys.run([...args, '--json'])).stdout);
const file = (name: string) => join(keys.home, name);
const read = (name: string) => readFileSync(file(name), 'utf8');

it('delivers a secret to every place, and shows it in none of its own output', async () => {
  writeFileSync(file('github'), '');
  const { code, stdout, stderr } = await keys.run([
    ...['create', '--name', 'web', '--json', '--to', `${file('.env')}#WEB`],
    ...['--to', `exec:cat > ${file('one')}`, '--to', `exec:cat > ${file('two')}`],
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
    ['a file cannot be written', (): string[] => ['--to', '/proc/none/.env'], 6],
    ['a command is not there', (): string[] => ['--to', 'exec:no-such-command-here'], 2],
    ['there is no keychain', (): string[] => ['--to', 'keychain'], 1],
    ['this is no GitHub job', (): string[] => ['--to', 'github-env:A'], 2],
    ['a name steers a shell', (): string[] => ['--to', `${file('.env')}#PATH`], 2],
  ])('%s', async (_, args, exit) => {
    const { code } = await keys.run(['create', '--name', 'web', '--to', 'exec:cat', ...args()]);
    expect([code, await json(['list', '--all']), await json(['pending'])]).toEqual([exit, [], []]);
  });

  it.each(['>/dev/null', '>&-'])('stdout is %s', async (redirection) => {
    const { exitCode } = await execa(
      'bash',
      ['-c', `"$NODE" -- "$BIN" create --name web --raw ${redirection}`],
      {
        // `faketime` opens a file first, which would become stdout.
        env: { ...withRealClock(keys.env), NODE: process.execPath, BIN },
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
      const args = ['create', '--name', 'web', '--to', `exec:sh ${script}`, '--to', `${file('.env')}#WEB`];
      const { code, stderr } = await keys.run(args);
      expect([code, stderr]).toEqual([9, expect.stringMatching(message)]);
      expect(stderr).toContain('run keys resume');
      expect(stderr).not.toMatch(SECRET);
      expect(read('.env')).toMatch(SECRET);
      expect(await json(['pending'])).toMatchObject([
        { name: 'web', pending: [expect.stringContaining('sink.sh')] },
      ]);
      expect((await keys.run(['resume'])).code).toBe(9);
      writeFileSync(script, `cat > ${file('got')}`);
      expect((await keys.run(['resume'])).code).toBe(0);
      expect(read('.env')).toBe(`WEB=${read('got')}\n`);
      expect(await json(['pending'])).toEqual([]);
      expect(await json(['list'])).toHaveLength(1);
    },
  );

  it('because its reader went away, is reported, and shown by keys resume --show', async () => {
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
  const { stderr } = await keys.run(['create', '--name', 'web', '--to', `exec:sh ${script}`], {
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

/** Runs a command as a place does; what it prints goes to `printed`. */
function running(
  command: string,
  timeoutMs: number,
  printed: string[] = [],
  secrets: readonly string[] = [],
) {
  const key = { name: 'web', id: 'key_1', provider: 'keys', variables: ['API_KEY'] };
  const process = { ...fakePlaceContext().process, directory: keys.home };
  return runPlaceCommand(
    { command, directory: keys.home, input: 'fake', key, timeoutMs, secrets },
    { env: keys.env, output: { say: (text) => printed.push(text) }, process },
  );
}

it('does not wait for what a command leaves running in the background', async () => {
  const printed: string[] = [];
  await running('sleep 60 & echo started', 30_000, printed);
  expect(printed.join('')).toContain('started');
});

it('blanks the secret in what a command prints, in every encoding', async () => {
  const printed: string[] = [];
  await running('echo ZmFrZS1zZWNyZXQtMDEyMzQ1Njc4OQ==; echo fake-secret-0123456789', 30_000, printed, [
    'fake-secret-0123456789',
  ]);
  expect(printed.join('')).toMatch(/^\[redacted\][=\w]*\s+\[redacted\]$/);
});

it('hands no credential of its own to a child', () => {
  const own = { KEYS_API_KEY: 'fake', KEYS_MANAGEMENT_KEY: 'fake', KEYS_ENCRYPTION_KEY: 'fake' };
  const database = { KEYS_DATABASE_URL: 'postgres://u:fake@h/d', PGPASSWORD: 'fake', PGPASSFILE: 'fake' };
  expect(childEnvironment({ A: '1', ...own, ...database })).toEqual({ A: '1' });
  // Without a database of this tool, these are the user's own.
  expect(childEnvironment({ PGPASSWORD: 'theirs' })).toEqual({ PGPASSWORD: 'theirs' });
});

it('gives up on a command that hangs, and ends it', async () => {
  await expect(running('sleep 30', 300)).rejects.toMatchObject({
    code: 'delivery_failed',
    message: expect.stringContaining('did not end within'),
  });
});

it('tells a command which key it is', async () => {
  await keys.run(['create', '--name', 'web', '--to', `exec:env > ${file('env')}`]);
  expect(read('env')).toMatch(/^KEYS_NAME=web$/m);
  expect(read('env')).toMatch(/^KEYS_ID=key_\w+$/m);
  expect(read('env')).toMatch(/^KEYS_PROVIDER=keys$/m);
  expect(read('env')).toMatch(/^KEYS_VARIABLE=API_KEY$/m);
});

it.each([[[]], [['--json']]])('masks on stderr before it sets, in a GitHub job (%j)', async (flags) => {
  writeFileSync(file('github.env'), 'A=1\n');
  writeFileSync(file('github.out'), '');
  const env = { GITHUB_ENV: file('github.env'), GITHUB_OUTPUT: file('github.out') };
  const places = ['--to', 'github-env:WEB', '--to', 'github-output:WEB_KEY'];
  const { code, stdout, stderr } = await keys.run(['create', '--name', 'web', ...places, ...flags], { env });
  expect(code).toBe(0);
  const secret = SECRET.exec(stderr)?.[0] ?? '';
  expect(stderr.split('\n').filter((line) => line.includes(secret))).toEqual([
    `::add-mask::${secret}`,
    `::add-mask::${secret}`,
  ]);
  expect(stdout).not.toContain(secret);
  if (flags.length > 0)
    expect(JSON.parse(stdout)).toMatchObject({ delivered_to: ['github-env:WEB', 'github-output:WEB_KEY'] });
  expect(read('github.env')).toMatch(new RegExp(`^A=1\nWEB<<keys_\\w+\n${secret}\nkeys_\\w+\n$`));
  expect(read('github.out')).toContain(secret);
});

it('takes any name for an output that a workflow can read, and no other', async () => {
  writeFileSync(file('github.out'), '');
  const env = { GITHUB_OUTPUT: file('github.out') };
  for (const name of ['fresh', 'web-api-key', 'Web_2']) {
    expect(await keys.run(['create', name, '--to', `github-output:${name}`], { env })).toMatchObject({
      code: 0,
    });
    expect(read('github.out')).toMatch(new RegExp(`^${name}<<keys_\\w+\n${SECRET.source}\n`, 'm'));
  }
  for (const name of ['2web', 'a b', 'a=b', 'a<<b', '-a', 'a.b']) {
    const refused = await keys.run(['create', 'x', '--to', `github-output:${name}`], { env });
    expect([name, refused.code, refused.stderr]).toEqual([
      name,
      2,
      expect.stringContaining(`not the name of an output: ${JSON.stringify(name)}`),
    ]);
  }
});

describe.skipIf(MISSING_PROGRAMS.length > 0)('a real keychain', () => {
  it('keeps what is saved, for env and run', async () => {
    const session = await keyringSession('unlocked');
    const { HOME: _, ...env } = session.env;
    const own = await keysProgram(env);
    expect((await own.run(['create', '--name', 'web', '--to', 'keychain'])).code).toBe(0);
    const { stdout: line, stderr } = await own.run(['env', 'web', '--shell', 'sh']);
    expect(stderr).toBe('');
    expect(line).toMatch(new RegExp(`^export API_KEY='${SECRET.source}'\n$`));
    const ran = await own.run(['run', '--key', 'web', '--', 'sh', '-c', 'echo "$API_KEY"']);
    expect(line).toContain(ran.stdout.trim());
    await session.lock();
    const locked = await own.run(['create', '--name', 'late', '--to', 'keychain']);
    expect(locked.code).toBe(1);
    expect(JSON.parse((await own.run(['list', '--json'])).stdout)).toHaveLength(1);
    await own.remove();
  });
});
