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
