import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { idempotent, secretOf } from '../contract/key-service.js';
import { startTestService } from '../support/key-service-server.js';
import type { KeysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { testClient } from '../support/test-client.js';

let keys: KeysProgram;
beforeEach(async () => {
  keys = await keysInProcess();
  return () => keys.remove();
});

const createKey = async () => (await keys.run(['create', 'web', '--raw'])).stdout.trim();

it.each([
  ['a comment', (key: string) => `# mine\n\nWEB_KEY=${key}\n`],
  ['a comment behind', (key: string) => `WEB_KEY='${key}' # mine\r\n\r\n`],
  ['a variable without a value', (key: string) => `OLD=\nexport WEB_KEY="${key}"\n#OLD=x\n`],
  ['the key alone below a comment', (key: string) => `# mine\n${key}\n`],
])('verifies the one key of an env file with %s', async (_, text) => {
  const key = await createKey();
  const { code, stderr } = await keys.run(['verify'], { stdin: text(key) });
  expect(code, stderr).toBe(0);
});

it.each([
  ['a variable behind', (key: string) => `WEB_KEY=${key}\nPORT=8080\n`, 'PORT'],
  ['a variable in front', (key: string) => `PORT=8080\nWEB_KEY=${key}\n`, 'PORT'],
  ['a line that is no variable', (key: string) => `WEB_KEY=${key}\nset -a\n`, '1 other line'],
  ['a second key', (key: string) => `${key}\n${key}\n`, '2 keys'],
])('calls no key malformed that stands with %s', async (_, text, named) => {
  const key = await createKey();
  const { code, stderr } = await keys.run(['verify'], { stdin: text(key) });
  expect([code, stderr]).toEqual([2, expect.stringContaining(named)]);
  expect(stderr).not.toContain(key);
  writeFileSync(join(keys.home, '.env'), text(key));
  const chosen = await keys.run(['verify', '--from', `${join(keys.home, '.env')}#WEB_KEY`]);
  if (text(key).includes('WEB_KEY')) expect(chosen.code, chosen.stderr).toBe(0);
});

it('reads a pair by the variables of its provider, and refuses others', async () => {
  const tylt = ['verify', '--provider', 'tylt', '--environment', 'demo'];
  const pair = 'TYLT_SECRET_KEY=fake-secret-key-1\nPORT=1\nTYLT_API_KEY=fake-api-key-0001\n';
  const read = await keys.run(tylt, { stdin: pair });
  expect(read.stderr).not.toContain('the input has');
  const other = await keys.run(tylt, { stdin: pair.replace('TYLT_S', 'S') });
  expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('3 variables: SECRET_KEY, PORT')]);
});

it('imports the value of a variable, and none of several', async () => {
  const args = [
    'import',
    'old',
    '--provider',
    'jahuty',
    '--type',
    'secret',
    '--environment',
    'live',
    '--expires',
    'never',
  ];
  const [to, one] = [['--to', `${join(keys.home, 'out.env')}#OLD`], 'JAHUTY=fake_key_of_a_vendor_1\n'];
  const several = await keys.run([...args, ...to], { stdin: `${one}PORT=8080\n` });
  expect([several.code, several.stderr]).toEqual([2, expect.stringContaining('--from .env#NAME')]);
  const { code, stderr } = await keys.run([...args, ...to], { stdin: `# mine\n${one}` });
  expect(code, stderr).toBe(0);
});

it('logs in with the value of a variable, and with none of several', async () => {
  const { url, managementKey } = await startTestService();
  const login = ['login', '--base-url', url, '--profile', 'team', '--with-token', '--insecure-storage'];
  const several = await keys.run(login, { stdin: `A=${managementKey}\nB=1\n` });
  expect([several.code, several.stderr]).toEqual([2, expect.stringContaining('2 variables: A, B')]);
  expect(several.stderr).not.toContain(managementKey);
  const { code, stderr } = await keys.run(login, { stdin: `# mine\nexport A="${managementKey}"\n` });
  expect(code, stderr).toBe(0);
});

it('sends the value of a variable with api --key -, and none of several', async () => {
  const { url, managementKey } = await startTestService();
  const { service } = testClient(url, managementKey);
  const secret = secretOf(await service.create({ name: 'web' }, idempotent()));
  const api = ['api', 'GET', '/v1/whoami', '--base-url', url, '--key', '-'];
  const several = await keys.run(api, { stdin: `A=${secret}\nB=1\n` });
  expect([several.code, several.stderr]).toEqual([2, expect.stringContaining('2 variables: A, B')]);
  const { code, stderr } = await keys.run(api, { stdin: `A=${secret}\n` });
  expect(code, stderr).toBe(0);
});
