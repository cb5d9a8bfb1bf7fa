import { expect, it } from 'vitest';
import { codeOf, idempotent } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { inDays } from '../support/settable-clock.js';
import { vendorApi } from '../support/vendor-api.js';
import { npm } from './fixtures/npm.js';

it('sends the password in a create alone, and whole days', async () => {
  const api = await vendorApi(npm);
  const { service } = await connectVendor({ ...npm, set: { otp: '123456' } }, api);
  const options = { packages: ['left', 'right'], package_scopes: ['@acme'], permission: 'read-write' };
  const { key } = await service.create(
    { name: 'ci', expires_at: inDays(30), restrictions: { ips: ['192.0.2.0/24'] }, options },
    idempotent(),
  );
  const [create] = api.exchanges;
  expect(JSON.parse(create?.body ?? '')).toEqual({
    name: 'ci',
    password: 'fake-password-for-tests',
    expires: 30,
    cidr_whitelist: ['192.0.2.0/24'],
    packages: ['left', 'right'],
    scopes: ['@acme'],
    packages_and_scopes_permission: 'read-write',
  });
  expect(create?.headers['npm-otp']).toBe('123456');
  expect(key.restrictions).toEqual({ ips: ['192.0.2.0/24'] });
  await service.revoke(key.id);
  const others = api.exchanges.slice(1).map(({ body }) => body);
  expect(others.join('')).not.toContain('fake-password-for-tests');
});

it('refuses a permission that there is not, and creates nothing with a token alone', async () => {
  const { service } = await connectVendor(npm, await vendorApi(npm));
  const request = { name: 'ci', options: { permission: 'admin' } };
  expect(await codeOf(service.create(request, idempotent()))).toBe('invalid_request');
  await expect(
    connectVendor({ ...npm, credential: 'npm_fakeTokenOfTheUserForTests00001' }, await vendorApi(npm)),
  ).rejects.toMatchObject({ code: 'usage', hint: 'give it as user:password' });
});
