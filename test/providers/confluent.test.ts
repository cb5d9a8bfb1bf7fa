import { expect, it } from 'vitest';
import { idempotent } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { confluent } from './fixtures/confluent.js';

it('takes a create that is only taken on, and its pair', async () => {
  const api = await vendorApi(confluent);
  const { service } = await connectVendor(confluent, api);
  const { key, credential } = await service.create({ name: 'a' }, idempotent());
  expect(api.exchanges.at(-1)).toMatchObject({ status: 202 });
  expect(JSON.parse(api.exchanges.at(-1)?.body ?? '')).toEqual({
    spec: {
      display_name: 'a',
      owner: { id: 'sa-fake12' },
      resource: { id: 'lkc-fake34', environment: 'env-fake5' },
    },
  });
  expect(credential).toMatchObject({ api_key: key.id, secret_key: expect.stringMatching(/^cflt/) });
});

it('lists the keys of its owner, and stays with the service whose link leads elsewhere', async () => {
  const api = await vendorApi(confluent);
  const { service } = await connectVendor(confluent, api);
  for (const name of ['a', 'b', 'c']) await service.create({ name }, idempotent());
  const first = await service.list({ limit: 2 });
  expect(first.keys.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(first.next_cursor).toMatch(/^\/iam\/v2\/api-keys\?/);
  const second = await service.list({ cursor: first.next_cursor ?? '' });
  expect(second).toMatchObject({ keys: [{ name: 'c' }], next_cursor: null });
  expect(api.exchanges.at(-1)?.path).toContain('spec.owner=sa-fake12');
});

it('says which context is missing', async () => {
  const { service } = await connectVendor({ ...confluent, set: {} }, await vendorApi(confluent));
  await expect(service.list({})).rejects.toMatchObject({
    code: 'missing_answer',
    next: 'add_profile',
    details: { provider: 'confluent', option: 'owner' },
  });
});

it('tells the resource of a key, and none of a Cloud API key', async () => {
  const api = await vendorApi(confluent);
  const { service } = await connectVendor(confluent, api);
  const { key } = await service.create({ name: 'a' }, idempotent());
  expect(key).toMatchObject({ options: { resource: 'lkc-fake34' }, owner: 'sa-fake12' });
  const { service: cloud } = await connectVendor({ ...confluent, set: { owner: 'sa-fake12' } }, api);
  const { key: other } = await cloud.create({ name: 'b' }, idempotent());
  expect(other.options?.['resource']).toBeUndefined();
});
