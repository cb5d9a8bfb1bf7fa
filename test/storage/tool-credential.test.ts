import { chmodSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startTestService } from '../support/key-service-server.js';
import { keysProgram } from '../support/keys.js';
import { keyringSession, LOADABLE, MISSING_PROGRAMS, processesOn, silentBus } from './keyring-session.js';

const FAKE = 'sk_live_fake_for_a_test';

async function program(env: Readonly<Record<string, string>> = {}) {
  const { HOME: _, ...rest } = env;
  const keys = await keysProgram(rest);
  onTestFinished(() => keys.remove());
  return keys;
}

describe.skipIf(MISSING_PROGRAMS.length > 0)('in a real keychain', () => {
  test('login, use, status, logout', async () => {
    const [service, session] = await Promise.all([startTestService(), keyringSession('unlocked')]);
    const keys = await program(session.env);
    const login = await keys.run(
      ['login', '--with-token', '--base-url', service.url, '--profile', 'team', '--json'],
      { stdin: `${service.managementKey}\n` },
    );
    expect(login.code, login.stderr).toBe(0);
    expect(JSON.parse(login.stdout)).toMatchObject({
      profile: 'team',
      stored_in: `keychain (${LOADABLE[0]})`,
    });
    expect(login.stdout + login.stderr).not.toContain(service.managementKey);
    const status = await keys.run(['status', '--profile', 'team', '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({
      profile: 'team',
      base_url: service.url,
      credential: `keychain (${LOADABLE[0]})`,
      keychain: { usable: true },
    });
    expect((await keys.run(['list', '--profile', 'team'])).code).toBe(0);
    expect((await keys.run(['logout', '--profile', 'team'])).code).toBe(0);
    expect((await keys.run(['list', '--profile', 'team'])).code).toBe(4);
    expect(await keys.run(['logout', '--profile', 'team'])).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('there was no credential'),
    });
  });

  test('one that hangs ends the call with its own exit code, and nothing stays behind', async () => {
    const session = await keyringSession('unlocked');
    const keys = await program(session.env);
    await keys.run(['profile', 'add', 'team', '--base-url', 'http://127.0.0.1:9']);
    session.freeze();
    const list = await keys.run(['list', '--profile', 'team'], { timeoutMs: 120_000 });
    expect(list).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('did not respond') });
    // Killed, and gone as soon as a busy machine comes to it.
    await expect.poll(() => processesOn(session.env)).toEqual([]);
  });

  test('one that hangs does not block a credential from the environment or a file', async () => {
    const [service, env] = await Promise.all([startTestService(), silentBus()]);
    const keys = await program(env);
    const given = { KEYS_API_KEY: service.managementKey, KEYS_BASE_URL: service.url };
    expect((await keys.run(['list'], { env: given })).code).toBe(0);
    const status = await keys.run(['status', '--json'], { env: given });
    expect(status.code).toBe(0);
    expect(JSON.parse(status.stdout)).toMatchObject({
      credential: 'KEYS_API_KEY',
      keychain: { usable: false, problem: expect.stringContaining('did not respond') },
    });
    const login = [
      'login',
      '--with-token',
      '--insecure-storage',
      '--base-url',
      service.url,
      '--profile',
      'ci',
    ];
    expect((await keys.run(login, { stdin: service.managementKey })).code).toBe(0);
    expect((await keys.run(['list', '--profile', 'ci'])).code).toBe(0);
  });
});

test('--insecure-storage: a 0600 file, refused when others may read it; without the flag, no silent fallback', async () => {
  const service = await startTestService();
  const keys = await program();
  const login = ['login', '--with-token', '--base-url', service.url, '--profile', 'ci'];
  const stdin = service.managementKey;
  const refused = await keys.run(login, { stdin });
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('--insecure-storage') });
  expect((await keys.run([...login, '--insecure-storage'], { stdin })).code).toBe(0);
  const path = join(keys.home, '.config', 'keys', 'credentials.json');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect((await keys.run(['list', '--profile', 'ci'])).code).toBe(0);
  chmodSync(path, 0o644);
  expect(await keys.run(['list', '--profile', 'ci'])).toMatchObject({
    code: 6,
    stderr: expect.stringContaining('chmod 600'),
  });
});

test('a stored credential is not sent to another origin', async () => {
  const [service, other] = await Promise.all([startTestService(), startTestService()]);
  const keys = await program();
  const login = ['login', '--with-token', '--insecure-storage', '--base-url', service.url, '--profile', 'ci'];
  await keys.run(login, { stdin: service.managementKey });
  const before = other.log.length;
  const list = await keys.run(['list', '--profile', 'ci', '--base-url', other.url]);
  expect(list).toMatchObject({ code: 6, stdout: '', stderr: expect.stringContaining('was not sent') });
  expect(other.log.length).toBe(before);
});

test('a credential that the service refuses is not stored', async () => {
  const service = await startTestService();
  const keys = await program();
  const login = ['login', '--with-token', '--insecure-storage', '--base-url', service.url, '--profile', 'ci'];
  expect((await keys.run(login, { stdin: FAKE })).code).toBe(4);
  expect((await keys.run(['profile', 'list'])).stdout).not.toContain('ci');
  expect(() => readFileSync(join(keys.home, '.config', 'keys', 'credentials.json'))).toThrow('ENOENT');
});

test.each([['--token', FAKE], ['--api-key', FAKE], [`--key=${FAKE}`], [`--password=${FAKE}`], [FAKE]])(
  'a credential on the command line is refused and not repeated: %s',
  async (...args) => {
    const keys = await program();
    const login = await keys.run(['login', '--base-url', 'http://127.0.0.1:9', ...args]);
    expect(login).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('command line') });
    expect(login.stderr).not.toContain(FAKE);
  },
);

test('plain HTTP to another machine is refused before anything is sent', async () => {
  const keys = await program();
  const login = ['login', '--with-token', '--base-url', 'http://keys.example.com', '--profile', 'ci'];
  expect(await keys.run(login, { stdin: FAKE })).toMatchObject({ code: 6, stdout: '' });
});

test('a profile can be removed where there is no keychain, and what is not known is said', async () => {
  const keys = await program();
  await keys.run(['profile', 'add', 'team', '--base-url', 'https://keys.example.com']);
  expect(await keys.run(['profile', 'remove', 'team'])).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('was not removed'),
  });
  expect((await keys.run(['profile', 'list'])).stdout).not.toContain('team');
});
