import { beforeEach, describe, expect, it } from 'vitest';
import { startTestService, type TestService } from '../support/key-service-server.js';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';

const LOGIN = ['--profile', 'team'];
const SECRET = /sk_live_[0-9A-Za-z]{20}/;

let service: TestService;
let keys: KeysInProcess;
beforeEach(async () => {
  service = await startTestService();
  keys = await keysInProcess();
  return () => keys.remove();
});

async function run(...args: string[]) {
  return await keys.run([...args, ...LOGIN]);
}

async function json(...args: string[]) {
  const { code, stdout, stderr } = await run(...args, '--json');
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

async function logIn(): Promise<string> {
  const args = ['login', '--base-url', service.url, '--with-token', '--insecure-storage', ...LOGIN];
  expect((await keys.run(args, { stdin: service.managementKey })).code).toBe(0);
  return (await json('status')).key.id;
}

describe('a roll of the key that signs in here', () => {
  it('gives the profile its successor, which can revoke the old key', async () => {
    const old = await logIn();
    const { code, stdout, stderr } = await run('roll', old, '--grace', '1h', '--yes');
    expect([code, stdout]).toEqual([0, expect.not.stringMatching(SECRET)]);
    expect(stderr).not.toContain('warning');
    expect(stderr).toContain('keys resume revokes it then');
    const signsIn = (await json('status')).key.id;
    expect(signsIn).not.toBe(old);
    expect((await json('show', old)).status).toBe('retiring');
    expect((await run('revoke', old, '--yes')).code).toBe(0);
    expect((await json('show', old)).status).toBe('revoked');
    expect((await json('status')).key.id).toBe(signsIn);
    expect((await run('create', 'later')).code).toBe(0);
  });

  it('gives it the profile once, the second time as a place of the key', async () => {
    const first = await logIn();
    expect((await run('roll', first, '--yes')).code).toBe(0);
    const second = (await json('status')).key.id;
    const { code, stderr } = await run('roll', second, '--yes');
    expect(code, stderr).toBe(0);
    const third = (await json('status')).key.id;
    expect(new Set([first, second, third]).size).toBe(3);
    expect((await json('show', third)).delivered_to).toEqual(['profile:team']);
  });

  it('revokes it at once with --now, and this program stays logged in', async () => {
    const old = await logIn();
    const { code, stderr } = await run('roll', old, '--now', '--yes');
    expect(code, stderr).toBe(0);
    expect((await json('show', old)).status).toBe('revoked');
  });

  it('comes last among several keys: once it is revoked, no other could be rolled', async () => {
    const old = await logIn();
    for (const name of ['a', 'b'])
      expect((await run('create', name, '--to', 'exec:cat >/dev/null')).code).toBe(0);
    const { code, stderr } = await run('roll', old, 'a', 'b', '--now', '--yes');
    expect(code, stderr).toBe(0);
    const listed = (await json('list', '--all')) as Array<{ name: string; status: string }>;
    expect(
      listed
        .filter(({ status }) => status === 'active')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['a', 'b', 'management key']);
    expect((await run('roll', '--due', '0', '--now', '--yes')).code).toBe(0);
    expect((await json('status')).key.name).toBe('management key');
  });

  it.each([
    ['with a grace', ['--grace', '1h']],
    ['at once', ['--now']],
  ])('has one successor where two programs roll it %s, and both stay logged in', async (_, how) => {
    const old = await logIn();
    const roll = () => keys.start(['roll', old, '--yes', ...how, ...LOGIN]);
    const results = await Promise.all([roll(), roll()]);
    const said = results.map(({ code, stderr }) => `${code}: ${stderr}`).join('\n');
    expect(
      results.map(({ code }) => code),
      said,
    ).toContain(0);
    // The other waits for the lease, and then finds a key that has a successor, or signs in with one that
    // ended.
    for (const { code } of results) expect([0, 4, 6, 9], said).toContain(code);
    expect((await run('resume')).code).toBe(0);
    const listed = (await json('list', '--all')) as Array<{ id: string; status: string }>;
    const active = listed.filter(({ status }) => status === 'active').map(({ id }) => id);
    expect([listed.length, active], said).toEqual([2, [(await json('status')).key.id]]);
    expect(active).not.toContain(old);
    expect((await run('create', 'later')).code).toBe(0);
  });

  it('is refused with --revoke-first, before anything is sent', async () => {
    const old = await logIn();
    const { code, stderr } = await run('roll', old, '--revoke-first', '--yes');
    expect([code, stderr]).toEqual([6, expect.stringContaining('leave out --revoke-first')]);
    expect(await json('list')).toHaveLength(1);
  });

  it('says what to do where the key is in a variable', async () => {
    const old = await logIn();
    const env = { KEYS_API_KEY: service.managementKey, KEYS_BASE_URL: service.url };
    const { code, stderr } = await keys.run(['roll', old, '--yes'], { env });
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('KEYS_API_KEY has the old key: give it the new one before the old one ends'),
    ]);
  });
});
