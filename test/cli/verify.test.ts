import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { idempotent, secretOf } from '../contract/key-service.js';
import { faultyServer, sendJson } from '../support/faulty-server.js';
import { startTestService } from '../support/key-service-server.js';
import { type KeysProgram, storeSecretsInFile } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { testClient } from '../support/test-client.js';

let keys: KeysProgram;
beforeEach(async () => {
  keys = await keysInProcess();
  return () => keys.remove();
});

const verify = async (args: string[], stdin: string, env: Record<string, string> = {}) => {
  const { code, stdout, stderr } = await keys.run(['verify', '--json', ...args], { stdin, env });
  return { code, stderr, json: stdout === '' ? null : JSON.parse(stdout) };
};

it('says of which system and environment a key looks', async () => {
  const { json } = await verify([], 'ss_fake_key_of_another_vendor');
  expect(json).toMatchObject({ valid: false, looks_like: [{ provider: 'swiftsell' }] });
  const test = (await keys.run(['create', '--name', 'a', '--environment', 'test', '--raw'])).stdout;
  expect((await verify([], test)).json).toMatchObject({
    valid: true,
    looks_like: [{ provider: 'keys', environment: 'test', type: 'secret' }],
  });
});

it.each([
  ['quotes', (key: string) => `"${key}"`, 0, undefined],
  ['spaces around', (key: string) => `  ${key} `, 0, undefined],
  ['a truncated paste', (key: string) => key.slice(0, 30), 7, 'malformed'],
  ['a typo', (key: string) => key.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a')), 7, 'mistyped'],
  ['a line break inside', (key: string) => `${key.slice(0, 20)}\n${key.slice(20)}`, 7, 'malformed'],
  ['another alphabet', (key: string) => key.replace(/.{5}$/, '!!!!!'), 7, 'malformed'],
])('tells %s before anything is sent', async (_, change, exit, reason) => {
  const key = (await keys.run(['create', '--name', 'a', '--raw'])).stdout.trim();
  const { code, json } = await verify([], change(key));
  expect([code, json.reason]).toEqual([exit, reason]);
});

it('takes a line of an env file for its value, and a name for a name', async () => {
  const key = (await keys.run(['create', '--name', 'billing worker', '--raw'])).stdout.trim();
  for (const line of [`BILLING_KEY=${key}\n`, `export BILLING_KEY='${key}'\n`]) {
    const { code, stderr } = await verify([], line);
    expect([code, stderr]).toEqual([0, expect.stringContaining('the value of BILLING_KEY')]);
  }
  const named = await keys.run(['verify', 'billing worker']);
  expect([named.code, named.stderr]).toEqual([2, expect.stringContaining('not its name')]);
  expect(named.stderr).not.toContain('roll');
  const pasted = await keys.run(['verify', key]);
  expect([pasted.code, pasted.stderr]).toEqual([2, expect.stringContaining('roll it')]);
});

it('tells a test key where the profile is for live keys', async () => {
  await keys.run(['profile', 'add', 'prod', '--environment', 'live']);
  const key = (await keys.run(['create', '--name', 'a', '--environment', 'test', '--raw'])).stdout;
  const { code, json } = await verify(['--profile', 'prod'], key);
  expect([code, json.reason]).toEqual([7, 'wrong_environment']);
});

it.each(['Live', 'production'])('refuses the environment %s, which no key has', async (environment) => {
  const key = (await keys.run(['create', '--name', 'a', '--environment', 'test', '--raw'])).stdout;
  const { code, stderr } = await keys.run(['verify', '--environment', environment], { stdin: key });
  expect([code, stderr]).toEqual([2, expect.stringContaining('one of live, test')]);
});

it('warns of what a trial cannot ask about, and not of the environment that chose its address', async () => {
  const pair = 'fake-api-key-0001\nfake-secret-key-1\n';
  const warning = 'only a management key can ask';
  const tylt = ['--provider', 'tylt', '--environment', 'demo'];
  expect((await verify(tylt, pair)).stderr).not.toContain(warning);
  expect((await verify([...tylt, '--ip', '10.0.0.1'], pair)).stderr).toContain(warning);
  const { url, managementKey } = await startTestService();
  const { service } = testClient(url, managementKey);
  const plain = secretOf(await service.create({ name: 'web' }, idempotent()));
  const { stderr } = await verify(['--base-url', url, '--environment', 'live'], plain);
  expect(stderr).toContain(`${warning} about scopes, restrictions and environments`);
});

it('tells a demo pair at the production address', async () => {
  await storeSecretsInFile(keys);
  const stdin = 'fake-api-key-0001\nfake-secret-key-1\n';
  const slot = ['--service', 'shop', '--environment', 'demo'];
  await keys.run(['import', '--provider', 'tylt', '--name', 'shop', ...slot], { stdin });
  const { code, json } = await verify(['--provider', 'tylt'], stdin);
  expect([code, json.reason]).toEqual([7, 'wrong_environment']);
});

describe('the live check', () => {
  const respondingWith = async (status: number, headers: Record<string, string> = {}) => {
    const { url, seen } = await faultyServer((response) =>
      sendJson(response, status, { message: `told ${status}` }, { 'retry-after': '120', ...headers }),
    );
    const result = await verify(['--provider', 'trust-swiftly', '--base-url', url], 'fake-ts-key-0001');
    return { ...result, seen };
  };

  it.each([
    [200, 0, undefined],
    [401, 7, 'not_accepted'],
    [402, 7, 'payment_required'],
    [403, 7, 'forbidden'],
  ])('%i is exit %i', async (status, exit, reason) => {
    const { code, json, seen } = await respondingWith(status);
    expect([code, json.reason, seen[0]?.url]).toEqual([
      exit,
      reason,
      '/api/settings/templates/verifications',
    ]);
  });

  it.each([429, 500, 503])('%i tells nothing: exit 5', async (status) => {
    const { code, stderr, json } = await respondingWith(status);
    expect([code, json]).toEqual([5, null]);
    expect(stderr).toContain('could not check the key');
  });

  it('nobody there: exit 5', async () => {
    expect(
      (await verify(['--provider', 'trust-swiftly', '--base-url', 'http://127.0.0.1:1'], 'fake-ts-key-0001'))
        .code,
    ).toBe(5);
  });

  it('is the key itself where there is no management key', async () => {
    const { url, seen } = await faultyServer((response) =>
      sendJson(response, 200, { success: true, data: { id: 'key_1', name: 'a' } }),
    );
    expect((await verify(['--base-url', url], 'sk_live_fake_for_a_test')).code).toBe(0);
    expect(seen[0]).toMatchObject({
      url: '/v1/whoami',
      headers: { authorization: 'Bearer sk_live_fake_for_a_test' },
    });
  });
});

it('imports a key that exists already, from a file of assignments', async () => {
  await storeSecretsInFile(keys);
  const file = join(keys.home, '.env');
  writeFileSync(
    file,
    '# mine\nOTHER=1\nexport TYLT_API_KEY="fake-api-key-0001"\nTYLT_SECRET_KEY=fake-secret-key-1\n',
  );
  const slot = ['--service', 'shop', '--environment', 'production'];
  const args = ['import', '--provider', 'tylt', '--name', 'shop', ...slot, '--from', file];
  expect(await keys.run(args)).toMatchObject({ code: 0 });
  expect((await keys.run(['env', 'shop', '--shell', 'dotenv'])).stdout).toBe(
    'TYLT_API_KEY=fake-api-key-0001\nTYLT_SECRET_KEY=fake-secret-key-1\n',
  );
  expect((await keys.run(['import', '--provider', 'jahuty', '--name', 'x', '--from', file])).code).toBe(3);
  const served = (await keys.run(['create', '--name', 'served', '--raw'])).stdout;
  const imported = await keys.run(['import', '--json'], { stdin: served });
  expect(JSON.parse(imported.stdout)).toMatchObject({ name: 'served', stored_in: 'file (insecure)' });
  expect((await keys.run(['env', 'SERVED=served', '--shell', 'sh'])).stdout).toBe(
    `export SERVED='${served.trim()}'\n`,
  );
});
