import { expect, it } from 'vitest';
import { homeAtVendor } from '../support/home-at-vendor.js';

it('a secret that the ledger knows is not imported under another name: its key can still be rolled', async () => {
  const { keys, at, secret, live } = await homeAtVendor();
  expect(await keys.run(['create', 'web', '--to', at])).toMatchObject({ code: 0 });
  const other = await keys.run(['import', '--name', 'shop', '--from', at]);
  expect(other).toMatchObject({
    code: 6,
    stderr: expect.stringContaining('this key is managed already: web (vk1)'),
  });
  expect(await keys.run(['import', '--name', 'web', '--from', at])).toMatchObject({ code: 0 });
  expect(await keys.run(['roll', 'web', '--now', '--yes'])).toMatchObject({ code: 0 });
  expect(live().map(({ id }) => id)).toEqual(['vk2']);
  expect(secret()).toBe(live()[0]?.secret);
});

it('a vendor that does not say whose a secret is: its key is not called revoked, nor without an end', async () => {
  const { keys, at, live, vendor } = await homeAtVendor();
  const secret = 'vnd_fake_of_a_dashboard_key';
  const created = new Date().toISOString();
  vendor.keys.push({ id: 'vk1', name: 'theirs', secret, metadata: {}, created, revoked: false });
  const imported = await keys.run(['import', '--name', 'mine', '--json'], { stdin: secret });
  expect(imported).toMatchObject({ code: 0, stderr: expect.stringContaining('which of its keys this is') });
  expect(JSON.parse(imported.stdout)).not.toHaveProperty('expires_at');
  // Another key of the account that is seen: that one is missing would prove something.
  expect(await keys.run(['create', 'other', '--to', at])).toMatchObject({ code: 0 });
  for (const args of [
    ['revoke', 'mine', '--yes'],
    ['roll', 'mine', '--now', '--yes'],
    ['revoke', 'mine', '-n'],
  ]) {
    const { code, stderr, stdout } = await keys.run(args);
    expect([args[0], code, stdout]).toEqual([args[0], 6, '']);
    expect(stderr).toContain('does not say which of its keys mine is');
  }
  expect(live().map(({ id }) => id)).toEqual(['vk1', 'vk2']);
});
