import { expect, it } from 'vitest';
import { secretPartOf } from '../../src/domain/key.js';
import { idempotent } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { vendorInProcess } from '../support/vendor-in-process.js';
import { cloudflare } from './fixtures/cloudflare.js';
import { gitlab } from './fixtures/gitlab.js';
import { launchdarkly } from './fixtures/launchdarkly.js';
import { mailgun } from './fixtures/mailgun.js';
import { meilisearch } from './fixtures/meilisearch.js';
import { openrouter } from './fixtures/openrouter.js';
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

it('Meilisearch shows whole secrets, so the key that asks is found; a master key is in no list', async () => {
  const vendor = vendorInProcess(meilisearch);
  const api = { ...vendor, exchanges: [] };
  const master = await connectVendor(meilisearch, api, undefined, vendor);
  const { key, credential } = await master.service.create({ name: 'ci', scopes: ['keys.*'] }, idempotent());
  await master.service.create({ name: 'web', scopes: ['search'] }, idempotent());
  expect(await master.service.whoami()).toBeNull();
  const own = await connectVendor(meilisearch, api, secretPartOf(credential), vendor);
  expect(await own.service.whoami()).toMatchObject({ id: key.id, name: 'ci' });
});

it('OpenRouter shows the beginning and the end of a secret, by which the key that asks is found', async () => {
  const vendor = vendorInProcess(openrouter);
  const api = { ...vendor, exchanges: [] };
  const { service } = await connectVendor(openrouter, api, undefined, vendor);
  await service.create({ name: 'web' }, idempotent());
  expect(await service.whoami()).toBeNull();
  Object.assign(vendor.records[0] ?? {}, { secret: openrouter.credential });
  expect(await service.whoami()).toMatchObject({ name: 'web' });
});

it('the id of a Mailgun key is the end of its secret', async () => {
  const { provider, service } = await connectVendor(mailgun, await vendorApi(mailgun));
  const { key, credential } = await service.create({ name: 'web', scopes: ['basic'] }, idempotent());
  expect(provider.idInSecret(secretPartOf(credential))).toBe(key.id);
  expect(provider.idInSecret('key-fake00000000000000000000000000')).toBeUndefined();
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
