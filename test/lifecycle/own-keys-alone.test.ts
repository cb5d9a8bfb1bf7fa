import { expect, it } from 'vitest';
import { startTestService } from '../support/key-service-server.js';
import { keysInProcess } from '../support/keys-in-process.js';

/** Two people on one machine: `admin` manages all keys of a service, `ann` her own. */
async function adminAndAnn() {
  const service = await startTestService();
  const keys = await keysInProcess();
  const as = async (profile: string, ...args: string[]) => await keys.run([...args, '--profile', profile]);
  const logIn = async (profile: string, stdin: string) => {
    const login = ['login', '--base-url', service.url, '--with-token', '--insecure-storage'];
    const { code, stderr } = await keys.run([...login, '--profile', profile], { stdin });
    expect(code, stderr).toBe(0);
  };
  await logIn('admin', service.managementKey);
  const forAnn = ['create', 'of-ann', '--owner', 'ann', '--scope', 'keys:own', '--raw'];
  await logIn('ann', (await as('admin', ...forAnn)).stdout.trim());
  expect((await as('admin', 'create', 'job', '--owner', 'bob', '--to', 'exec:cat >/dev/null')).code).toBe(0);
  const job = async () => JSON.parse((await as('admin', 'show', 'job', '--json')).stdout);
  return { keys, as, job };
}

it.each([
  ['revoke', 'job', '--yes'],
  ['revoke', 'job', '--yes', '--force'],
  ['roll', 'job', '--yes'],
  ['pause', 'job'],
  ['update', 'job', '--name', 'other'],
])('a key of another owner is not called gone: %s %s %s', async (...args) => {
  const { keys, as, job } = await adminAndAnn();
  const before = await job();
  const { code, stderr } = await as('ann', ...args);
  expect([code, stderr]).toEqual([
    3,
    expect.stringContaining('is none of the keys that this credential manages'),
  ]);
  expect(stderr).toContain('it manages the keys of ann alone');
  expect(await job()).toEqual(before);
  expect((await as('admin', 'revoke', 'job', '--yes')).code).toBe(0);
  await keys.remove();
});

it('a list of one owner does not call the keys of others revoked', async () => {
  const { keys, as, job } = await adminAndAnn();
  const saved = ['--to', 'keychain', '--insecure-storage'];
  expect((await as('admin', 'create', 'kept', '--owner', 'bob', ...saved)).code).toBe(0);
  expect((await as('ann', 'create', 'mine', ...saved)).code).toBe(0);
  expect((await as('ann', 'list', '--all')).stdout).toMatch(/mine/);
  expect((await job()).status).toBe('active');
  const { code, stderr } = await keys.run('run --profile admin --key kept -- node --version'.split(' '));
  expect(code, stderr).toBe(0);
  await keys.remove();
});
