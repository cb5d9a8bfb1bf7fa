import { expect, it, vi } from 'vitest';
import { idempotent } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { vendorInProcess } from '../support/vendor-in-process.js';
import { mailgun } from './fixtures/mailgun.js';

it('makes sending keys of a domain, and lists those alone', async () => {
  const api = await vendorApi(mailgun);
  const account = await connectVendor(mailgun, api);
  const domain = await connectVendor({ ...mailgun, set: { domain: 'mg.example.com' } }, api);
  await account.service.create({ name: 'a', scopes: ['basic'] }, idempotent());
  await domain.service.create({ name: 'b', scopes: ['sending'] }, idempotent());
  expect(Object.fromEntries(new URLSearchParams(api.exchanges.at(-1)?.body))).toEqual({
    description: 'b',
    role: 'sending',
    kind: 'domain',
    domain_name: 'mg.example.com',
  });
  expect((await domain.service.list({})).keys).toMatchObject([{ name: 'b', scopes: ['sending'] }]);
  expect((await account.service.list({})).keys).toHaveLength(2);
  await expect(
    account.service.create({ name: 'c', scopes: ['sending'] }, idempotent()),
  ).rejects.toMatchObject({
    code: 'invalid_request',
    message: expect.stringContaining('not for keys of kind user'),
  });
});

it('reads times without a zone as UTC, wherever it runs, and none as never', async () => {
  vi.stubEnv('TZ', 'America/New_York');
  const api = await vendorApi(mailgun);
  const { service } = await connectVendor(mailgun, api);
  const expires_at = new Date(Math.floor(Date.now() / 1000 + 86_400) * 1000).toISOString();
  const { key } = await service.create({ name: 'a', scopes: ['basic'], expires_at }, idempotent());
  expect(JSON.stringify(api.exchanges.at(-1)?.response)).toContain(
    `"expires_at":"${key.expires_at?.replace('Z', '')}"`,
  );
  vi.unstubAllEnvs();
  const other = await service.create({ name: 'b', scopes: ['basic'] }, idempotent());
  expect(other.key.expires_at).toBeNull();
});

it('tells the domain of a sending key, and none of a key of the account', async () => {
  const api = await vendorApi(mailgun);
  const { service } = await connectVendor(mailgun, api);
  const options = { domain: 'mg.example.com' };
  const { key } = await service.create({ name: 'a', scopes: ['sending'], options }, idempotent());
  expect(key.options).toEqual(options);
  const { key: other } = await service.create({ name: 'b', scopes: ['basic'] }, idempotent());
  expect(other.options).toBeUndefined();
});

it('creates a key of a user, and shows whose it is', async () => {
  const api = await vendorApi(mailgun);
  const { service } = await connectVendor(mailgun, api);
  const options = { kind: 'web', user_id: 'u1', email: 'ann@example.com' };
  const { key } = await service.create({ name: 'a', scopes: ['basic'], options }, idempotent());
  expect(Object.fromEntries(new URLSearchParams(api.exchanges.at(-1)?.body))).toMatchObject(options);
  expect(key.options).toEqual(options);
});

it('shows why Mailgun has disabled a key', async () => {
  const vendor = vendorInProcess(mailgun);
  const { service } = await connectVendor(mailgun, { ...vendor, exchanges: [] }, undefined, vendor);
  await service.create({ name: 'a', scopes: ['basic'] }, idempotent());
  expect((await service.list({})).keys[0]?.metadata).toBeUndefined();
  Object.assign(vendor.records[0] ?? {}, { is_disabled: true, disabled_reason: 'found in a repository' });
  expect((await service.list({})).keys).toMatchObject([
    { status: 'revoked', metadata: { disabled_reason: 'found in a repository' } },
  ]);
});
