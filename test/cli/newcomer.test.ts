import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { keysInProcess } from '../support/keys-in-process.js';

it('leads from a secret that is only in a file to a saved one, and says what places add does not do', async () => {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  await keys.run(['config', 'set', 'storage', 'file']);
  const file = join(keys.home, 'app.env');
  const created = await keys.run(['create', '--name', 'billing worker', '--to', `${file}#BILLING_KEY`]);
  expect(created.stderr).toContain('keys for an API of your own, which no vendor accepts');
  const refused = await keys.run(['env', 'billing worker', '--shell', 'sh']);
  expect(refused.code).toBe(3);
  expect(refused.stderr).toContain(`its secret is at file:${file}#BILLING_KEY`);
  expect(refused.stderr).toContain("keys deliver 'billing worker' --to keychain");
  expect((await keys.run(['deliver', 'billing worker', '--to', 'keychain'])).code).toBe(0);
  const { stdout } = await keys.run(['env', 'billing worker', '--shell', 'sh']);
  const [, secret = ''] = /BILLING_KEY=(\w+)/.exec(readFileSync(file, 'utf8')) ?? [];
  expect(stdout).toContain(secret);
  const added = await keys.run(['places', 'add', 'billing worker', '--to', join(keys.home, 'other.env')]);
  expect(added.stderr).toContain('nothing was written there');
});
