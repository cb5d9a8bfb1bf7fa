import { expect, it } from 'vitest';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorInProcess } from '../support/vendor-in-process.js';
import { cloudflare } from './fixtures/cloudflare.js';
import { gitlab } from './fixtures/gitlab.js';
import { launchdarkly } from './fixtures/launchdarkly.js';
import { sendgrid } from './fixtures/sendgrid.js';
import { vercel } from './fixtures/vercel.js';

it.each([
  [cloudflare, '0123456789abcdef0123456789abcdef'],
  [gitlab, '7'],
  [launchdarkly, '5ebc0ae0d1b3d40a2d3b4a5c'],
  [vercel, 'own-token'],
])('$id says which key it was asked with, after a list with it', async (fixture, id) => {
  const vendor = vendorInProcess(fixture);
  const connected = await connectVendor(fixture, { ...vendor, exchanges: [] }, undefined, vendor);
  expect(await connected.service.whoami()).toMatchObject({ id });
  expect(vendor.count().all).toBe(2);
  const stranger = await connectVendor(fixture, { ...vendor, exchanges: [] }, 'nobody', vendor);
  await expect(stranger.service.whoami()).rejects.toMatchObject({
    code: expect.stringMatching(/^(unauth|forbidden)/),
  });
});

it('a vendor that does not tell a credential which key it is accepts it all the same', async () => {
  const vendor = vendorInProcess(gitlab);
  const { service } = await connectVendor(gitlab, { ...vendor, exchanges: [] }, undefined, vendor);
  vendor.fail('403', 1, false);
  expect(await service.whoami()).toBeNull();
});

it('the id of a SendGrid key is in its secret', async () => {
  const { provider } = await connectVendor(sendgrid, { url: 'http://127.0.0.1:9', exchanges: [] });
  expect(provider.idInSecret('SG.fake_id_0001.fake_secret_for_tests')).toBe('fake_id_0001');
  expect(provider.idInSecret('another')).toBeUndefined();
});
