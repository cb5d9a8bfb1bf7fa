import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startTestService } from '../support/key-service-server.js';
import { keysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';

it('a key service under a second address is no second account; readdress moves its keys there', async () => {
  const service = await startTestService({ clock: { now: Date.now } });
  const { port } = new URL(service.url);
  const keys = await keysProgram({ KEYS_API_KEY: service.managementKey });
  onTestFinished(keys.remove);
  const at = async (host: string, ...args: string[]) =>
    await keys.run([...args, '--json', '--base-url', `http://${host}:${port}`], { cwd: keys.home });
  const [known, other] = [`http://127.0.0.1:${port}`, `http://localhost:${port}`];

  expect(await at('127.0.0.1', 'create', 'web', '--to', 'web.env#WEB_KEY')).toMatchObject({ code: 0 });
  // Other spellings of the same address are the same account.
  const spelled = await at('0x7F.0.0.1.', 'roll', 'web', '--dry-run');
  expect(spelled).toMatchObject({ code: 0 });
  for (const args of [
    ['roll', 'web'],
    ['create', 'shop', '--to', 'shop.env#SHOP_KEY'],
  ]) {
    const refused = await at('localhost', ...args);
    expect(refused).toMatchObject({ code: 6, stdout: '' });
    expect(refused.stderr).toContain(
      `${other} is the same service as ${known}, where this ledger has its keys`,
    );
    expect(refused.stderr).toContain(`keys ledger readdress ${known} ${other}`);
  }
  const moved = await keys.run(['ledger', 'readdress', known, `HTTP://LOCALHOST:${port}/`, '--json']);
  expect(JSON.parse(moved.stdout)).toEqual({ from: known, to: other, moved: ['web'], kept: [] });
  // The places of the key are those that it had at its first address.
  const rolled = await at('localhost', 'roll', 'web');
  expect(rolled).toMatchObject({ code: 0, stdout: expect.stringContaining('web.env#WEB_KEY') });
});

it('no key of the embedded service becomes a second one over HTTP, nor the other way round', async () => {
  const keys = await keysInProcess();
  onTestFinished(keys.remove);
  const run = async (...args: string[]) => await keys.run([...args, '--json'], { cwd: keys.home });
  const dataDir = join(keys.home, '.local', 'share', 'keys');
  expect(await run('create', 'web', '--to', 'web.env#WEB_KEY')).toMatchObject({ code: 0 });
  const service = await startTestService({ dataDir, clock: { now: Date.now } });
  const served = ['--base-url', service.url];
  const account = { KEYS_API_KEY_SERVED: service.managementKey, KEYS_BASE_URL_SERVED: service.url };
  const env = { KEYS_API_KEY: service.managementKey, ...account };
  const over = async (args: readonly string[], stdin = '') =>
    await keys.run([...args, ...served, '--json'], { cwd: keys.home, env, stdin });

  const secret = /WEB_KEY=(.*)/.exec(readFileSync(join(keys.home, 'web.env'), 'utf8'))?.[1];
  const adopted = join(keys.home, 'keys.yaml');
  const ids = async () =>
    JSON.parse((await run('list', '--all-profiles')).stdout).map(({ id }: { id: string }) => id);
  const before = await ids();
  for (const [args, stdin] of [
    [['roll', 'web'], ''],
    [['import', '--name', 'web'], secret],
    [['create', 'web', '--to', 'other.env#WEB_KEY'], ''],
    [['update', 'web', '--name', 'other'], ''],
    [['pause', 'web', '--yes'], ''],
    [['unpause', 'web'], ''],
    [['revoke', 'web', '--yes'], ''],
    [['adopt', adopted, '--account', 'served', '--provider', 'keys'], ''],
  ] as const) {
    const refused = await over(args, stdin);
    expect([args[0], refused]).toMatchObject([args[0], { code: 6, stdout: '' }]);
    expect(refused.stderr).toContain(`keys ledger readdress embedded ${service.url}`);
  }
  expect(existsSync(adopted)).toBe(false);
  // Nothing was created or taken in, and a key of another name may be created at either address.
  expect(await ids()).toEqual(before);
  expect(await over(['create', 'shop', '--to', 'shop.env#SHOP_KEY'])).toMatchObject({ code: 0 });
  const twice = await run('create', 'shop', '--to', 'other.env#SHOP_KEY');
  expect(twice).toMatchObject({ code: 6, stdout: '' });
  expect(twice.stderr).toContain(`keys ledger readdress ${service.url} embedded`);
  expect(await run('ledger', 'readdress', 'embedded', service.url)).toMatchObject({ code: 0 });
  const rolled = await over(['roll', 'web']);
  expect(rolled).toMatchObject({ code: 0, stdout: expect.stringContaining('web.env#WEB_KEY') });

  const embedded = await run('roll', 'web');
  expect(embedded).toMatchObject({ code: 6, stdout: '' });
  expect(embedded.stderr).toContain(`keys ledger readdress ${service.url} embedded`);
  // Back again: nothing of the key is lost on the way.
  expect(await run('ledger', 'readdress', service.url, 'embedded')).toMatchObject({ code: 0 });
  const again = await run('roll', 'web');
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('web.env#WEB_KEY') });
});
