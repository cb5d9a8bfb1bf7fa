import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { connect } from '../../src/connect/open-service.js';
import { startTestService } from '../support/key-service-server.js';
import { keysProgram } from '../support/keys.js';
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

it('leads on where no keychain is, from create and from run', async () => {
  // No session bus, and so no keychain, on any machine.
  const keys = await keysProgram({ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' });
  onTestFinished(keys.remove);
  const order = ['create', 'web', '--to', 'keychain', '--to', 'exec:cat > /dev/null'];
  const refused = await keys.run(order);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toContain('keys config set storage file');
  expect((await keys.run(['run', '--key', 'web', '--', 'true'])).stderr).toContain(
    'without a keychain, keys config set storage file',
  );
  expect((await keys.run(['config', 'set', 'storage', 'file'])).code).toBe(0);
  expect(await keys.run(order)).toMatchObject({ code: 0 });
  expect((await keys.run(['run', '--key', 'web', '--', 'true'])).code).toBe(0);
});

it('names the key that the embedded service has, where its data directory is served', async () => {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  await keys.run(['create', 'web', '--to', 'exec:cat > /dev/null']);
  const dataDir = join(keys.home, '.local/share/keys');
  const service = await startTestService({ dataDir, clock: { now: Date.now } });
  const env = { KEYS_BASE_URL: service.url, KEYS_API_KEY: service.managementKey };
  const { code, stderr } = await keys.run(['create', 'web'], { env });
  expect(code).toBe(6);
  expect(stderr).toContain(
    `error: the key web is managed at the embedded service already, and ${service.url} is the same service`,
  );
  expect(stderr).toContain('leave out --base-url and KEYS_BASE_URL');
  expect(stderr).not.toContain('another key is named');
});

it('says without a terminal how a credential is given, and which answers there are', async () => {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  const login = await keys.run(['login', '--provider', 'resend']);
  expect([login.code, login.stderr]).toEqual([
    2,
    expect.stringContaining('give the credential on stdin: keys login --with-token < '),
  ]);
  const name = await keys.run(['create']);
  expect([name.code, name.stderr]).toEqual([2, expect.stringContaining('hint: the question is: ')]);
});

it('says in a pipe why a use right before is not counted yet', async () => {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  await keys.run(['create', 'web', '--to', 'exec:cat > /dev/null']);
  const none = await keys.run(['usage', 'web']);
  expect([none.code, none.stdout]).toEqual([0, '']);
  expect(none.stderr).toContain('no use of web is counted in these days; a use is counted about two seconds');
  expect((await keys.run(['usage', 'web', '--json'])).stderr).toBe('');
});

it('says what a program forgot that connects', async () => {
  for (const options of [undefined, {}, { credential: undefined }, { credential: '' }])
    await expect(connect(options as never)).rejects.toMatchObject({
      message: 'connect needs a credential',
      hint: expect.stringContaining('is the variable set?'),
    });
  await expect(connect({ credential: 'sk_live_fake' })).rejects.toMatchObject({
    hint: expect.stringContaining('a key service over HTTP has one'),
  });
});
