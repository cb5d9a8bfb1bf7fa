import { randomBytes } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { startTestService } from '../support/key-service-server.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { testPostgres } from '../support/postgres.js';
import { underWay } from '../support/under-way.js';

const { own: server } = await testPostgres({ onTestClock: true });

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

it.skipIf(server === null)(
  'a list of one owner on one machine, while another rolls the keys of others, calls none of them revoked',
  async () => {
    const service = await startTestService();
    const url = new URL((await server?.freshAddress()) ?? '');
    const env = {
      PGPASSWORD: url.password,
      KEYS_LEDGER_KEY: randomBytes(32).toString('base64'),
    };
    url.password = '';
    const machine = async (name: string, credential: string) => {
      const keys = await keysInProcess({ ...env, KEYS_LEDGER_URL: url.href, KEYS_MACHINE: name });
      onTestFinished(() => keys.remove());
      const login = ['login', '--base-url', service.url, '--with-token', '--insecure-storage'];
      const { code, stderr } = await keys.run([...login, '--profile', 'team'], { stdin: credential });
      expect(code, stderr).toBe(0);
      await keys.run(['profile', 'use', 'team']);
      return keys;
    };
    const admin = await machine('desk', service.managementKey);
    const forAnn = ['create', 'of-ann', '--owner', 'ann', '--scope', 'keys:own', '--raw'];
    const ann = await machine('laptop', (await admin.run(forAnn)).stdout.trim());
    for (const owner of ['ann', 'bob']) {
      const made = await admin.run([
        'create',
        `job ${owner}`,
        '--owner',
        owner,
        '--to',
        'exec:cat >/dev/null',
      ]);
      expect(made.code, made.stderr).toBe(0);
    }
    for (const how of ['--now', '--grace=1h']) {
      const rolls = admin.start(['roll', 'job ann', 'job bob', '--yes', how]);
      let isDone = false;
      const ended = underWay(
        rolls.finally(() => {
          isDone = true;
        }),
      );
      // At least one list beside the roll, and one after it.
      for (let lists = 0; lists < 2 || !isDone; lists++) {
        const listed = await ann.start(['list', '--all', '--json']);
        expect(listed.code, listed.stderr).toBe(0);
        expect(listed.stdout).not.toContain('job bob');
        if (lists > 50) break;
      }
      const { code, stderr } = await ended;
      expect(code, stderr).toBe(0);
    }
    const listed = JSON.parse((await admin.run(['list', '--json'])).stdout) as Array<Record<string, string>>;
    const working = listed.filter(({ name = '', status }) => name.startsWith('job') && status === 'active');
    expect(working.map(({ name }) => name).sort()).toEqual(['job ann', 'job bob']);
    const rolled = await admin.run(['roll', 'job ann', 'job bob', '--yes', '--now']);
    expect(rolled.code, rolled.stderr).toBe(0);
  },
  300_000,
);
