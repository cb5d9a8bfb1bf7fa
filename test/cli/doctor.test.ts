import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { startTestService } from '../support/key-service-server.js';
import type { KeysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';

let keys: KeysProgram;
beforeEach(async () => {
  keys = await keysInProcess();
  onTestFinished(() => keys.remove());
});

interface Line {
  readonly check: string;
  readonly state: string;
  readonly about: string;
  readonly repair: string | null;
}

async function doctor(env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await keys.run(['doctor', '--json'], { env });
  const lines = JSON.parse(stdout) as Line[];
  return { code, stderr, of: (check: string) => lines.find((line) => line.check === check), lines };
}

test('finds nothing wrong in a home where nothing has been done, and leaves nothing there', async () => {
  const { code, lines, of } = await doctor();
  expect(code).toBe(0);
  expect(of('node')).toEqual({ check: 'node', state: 'ok', about: process.versions.node, repair: null });
  expect(of('ledger')).toMatchObject({ state: 'ok' });
  expect(lines.map(({ state }) => state)).not.toContain('failed');
  for (const { state, repair } of lines) expect(repair === null).toBe(state === 'ok');
  expect(existsSync(join(keys.home, '.local/share/keys'))).toBe(false);
});

test('finds that nothing can be kept in the data directory', async () => {
  const file = join(keys.home, 'file');
  writeFileSync(file, '');
  const { code, of } = await doctor({ KEYS_DATA_DIR: join(file, 'keys') });
  expect([code, of('data directory')]).toEqual([
    1,
    {
      check: 'data directory',
      state: 'failed',
      about: `cannot write to ${file}`,
      repair: 'change its permissions, or set KEYS_DATA_DIR to another folder',
    },
  ]);
});

test('writes, reads and removes an item where credentials are kept', async () => {
  await keys.run(['config', 'set', 'storage', 'file']);
  expect((await doctor()).of('keychain')).toMatchObject({
    state: 'ok',
    about: expect.stringMatching(/^file .*: written, read and removed$/),
  });
  const path = join(keys.home, '.config/keys/credentials.json');
  expect(existsSync(path) ? readFileSync(path, 'utf8') : '').not.toContain('doctor');
});

test('says of each profile whether its service accepts the credential, and ends with 1 if one does not', async () => {
  const { url, managementKey } = await startTestService();
  await keys.run(['config', 'set', 'storage', 'file']);
  const login = await keys.run(
    ['login', '--base-url', url, '--profile', 'good', '--with-token', '--insecure-storage'],
    {
      stdin: managementKey,
    },
  );
  expect(login.code, login.stderr).toBe(0);
  await keys.run(['profile', 'add', 'gone', '--base-url', 'http://127.0.0.1:9']);
  const { code, of, lines } = await doctor();
  expect(code).toBe(1);
  expect(of('profile good')).toMatchObject({ state: 'ok', about: expect.stringContaining(url) });
  expect(of('profile gone')).toMatchObject({
    state: 'failed',
    repair: expect.stringContaining('keys login'),
  });
  expect(JSON.stringify(lines)).not.toContain(managementKey);
});

test('names a proxy that is no address, without what it contains', async () => {
  const { code, of } = await doctor({ HTTPS_PROXY: 'http://user:fake-password@[bad' });
  expect(code).toBe(1);
  expect(of('proxy')).toMatchObject({ state: 'failed', about: 'HTTPS_PROXY: not the address of a proxy' });
});

test('finds completion of the shell and the programs of places', async () => {
  const env = { SHELL: '/bin/bash', PATH: '', XDG_DATA_DIRS: '/nowhere' };
  const { of } = await doctor(env);
  expect(of('completion')).toMatchObject({ state: 'warning', repair: expect.stringContaining('bash') });
  expect(of('programs of places')?.about).toMatch(/^found: none; not found: gh/);
});
