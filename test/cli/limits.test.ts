import { expect, it, onTestFinished } from 'vitest';
import { keysInProcess } from '../support/keys-in-process.js';

it('creates a key with limits, counts across calls, and lifts them', async () => {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  const created = await keys.run([
    ...['create', '--name', 'partner', '--rate', '100/minute', '--quota', '9/mo', '--uses', '1', '--json'],
    ...['--owner', 'acme', '--metadata', 'team=web'],
  ]);
  const { limits, secret } = JSON.parse(created.stdout);
  expect(limits).toEqual({ rate: '100/min', quota: '9/month', uses: 1 });
  const found = async (...filters: string[]) => {
    const { stdout } = await keys.run(['list', '--json', ...filters]);
    return JSON.parse(stdout).map(({ name, owner }: { name: string; owner: string }) => [name, owner]);
  };
  expect(await found('--owner', 'acme', '--metadata', 'team=web')).toEqual([['partner', 'acme']]);
  expect(await found('--owner', 'acme', '--metadata', 'team=shop')).toEqual([]);
  expect((await keys.run(['verify'], { stdin: secret })).code).toBe(0);
  const again = await keys.run(['verify', '--json'], { stdin: secret });
  expect([again.code, JSON.parse(again.stdout).reason]).toEqual([7, 'used_up']);
  expect((await keys.run(['show', 'partner'])).stdout).toContain('100/min, 9/month, 1 use');
  const lifted = await keys.run(['update', 'partner', '--no-limits', '--json']);
  expect([lifted.code, JSON.parse(lifted.stdout).limits]).toEqual([0, {}]);
  expect((await keys.run(['verify'], { stdin: secret })).code).toBe(0);
  const refused = await keys.run(['create', '--name', 'odd', '--uses', 'many']);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('not a number of uses')]);
  const vendor = await keys.run(['create', '--name', 'odd', '--provider', 'resend', '--rate', '1/s'], {
    env: { RESEND_API_KEY: 're_fake_0000000000000000', KEYS_API_KEY: 're_fake_0000000000000000' },
  });
  expect(vendor.stderr).toContain('cannot have limits');
});

it('refuses two values of one note, of which one would be lost', async () => {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  const refused = await keys.run(['create', 'partner', '--metadata', 'team=web', '--metadata', 'team=shop']);
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringContaining('--metadata has two values of "team"'),
  ]);
});
