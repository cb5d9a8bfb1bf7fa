import { expect, it } from 'vitest';
import { idempotent } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { typesense } from './fixtures/typesense.js';

it('has ids that are numbers, the first of them 0', async () => {
  const { service } = await connectVendor(typesense, await vendorApi(typesense));
  const { key } = await service.create({ name: 'a', scopes: ['*'] }, idempotent());
  expect(key.id).toBe('0');
  expect(await service.get('0')).toMatchObject({
    id: '0',
    name: 'a',
    scopes: ['*'],
    prefix: expect.stringMatching(/^\w{4}$/),
  });
  await service.revoke('0');
  await expect(service.get('0')).rejects.toMatchObject({ code: 'not_found' });
});

it('says an end in epoch seconds, and reads the year 4020 as never', async () => {
  const api = await vendorApi(typesense);
  const { service } = await connectVendor(typesense, api);
  await service.create({ name: 'a', scopes: ['*'], expires_at: '2098-01-01T00:00:00.500Z' }, idempotent());
  expect(JSON.parse(api.exchanges.at(-1)?.body ?? '')).toMatchObject({
    expires_at: 4_039_372_800,
    collections: ['companies', 'org_.*'],
  });
  await service.create({ name: 'b', scopes: ['*'] }, idempotent());
  await service.create({ name: 'c', scopes: ['*'], expires_at: '2001-01-01T00:00:00Z' }, idempotent());
  expect((await service.list({})).keys).toMatchObject([
    { expires_at: '2098-01-01T00:00:00Z', status: 'active' },
    { expires_at: null, status: 'active' },
    { expires_at: '2001-01-01T00:00:00Z', status: 'expired' },
  ]);
});

it('tells the collections, which a successor gets', async () => {
  const api = await vendorApi(typesense);
  const { service } = await connectVendor(typesense, api);
  await service.create({ name: 'a', scopes: ['*'] }, idempotent());
  const { keys } = await service.list({});
  expect(keys[0]?.options).toMatchObject({ collections: ['companies', 'org_.*'] });
  const { service: other } = await connectVendor({ ...typesense, set: {} }, api);
  await other.create({ name: 'b', scopes: ['*'] }, idempotent());
  expect(JSON.parse(api.exchanges.at(-1)?.body ?? '').collections).toEqual(['.*']);
});
