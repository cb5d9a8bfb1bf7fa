import { Hono } from 'hono';
import { expect, it } from 'vitest';
import { secretPartOf } from '../../src/domain/key.js';
import { idempotent } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { vendorInProcess } from '../support/vendor-in-process.js';
import { typesense } from './fixtures/typesense.js';

/** A server that takes any credential and any secret. */
const anyKey = () =>
  new Hono().post('/keys', async (context) => context.json({ id: 0, ...(await context.req.json()) }, 201));

it('has ids that are numbers, the first of them 0', async () => {
  const { service } = await connectVendor(typesense, await vendorApi(typesense));
  const { key } = await service.create({ name: 'a', scopes: ['*'] }, idempotent());
  expect(key.id).toBe('0');
  expect(await service.get('0')).toMatchObject({
    id: '0',
    name: 'a',
    scopes: ['*'],
    prefix: expect.stringMatching(/^[\w-]{4}$/),
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

it('gives the secret itself: a repeat of a lost request finds the key, and its secret', async () => {
  const vendor = vendorInProcess(typesense);
  const { service, provider } = await connectVendor(
    typesense,
    { ...vendor, exchanges: [] },
    undefined,
    vendor,
  );
  const request = { name: 'a', scopes: ['*'] };
  const options = idempotent();
  vendor.fail('cut after', 0, true);
  await expect(service.create(request, options)).rejects.toMatchObject({ code: 'unreachable' });
  vendor.heal();
  await service.create({ ...request, name: 'another' }, idempotent());
  const { key, credential } = await service.create(request, options);
  expect(key).toMatchObject({ id: '0', name: 'a' });
  expect(credential).toEqual({ secret: (vendor.records[0] as { value: string }).value });
  expect(secretPartOf(credential)).toMatch(/^[\w-]{32}$/);
  expect(vendor.records).toHaveLength(2);
  expect(provider.repeatable.create).toBe(true);
});

it('makes another secret for another operation, and with another credential', async () => {
  const api = await vendorApi({ ...typesense, app: anyKey });
  const secretFor = async (credential: string, options = idempotent()) => {
    const { service } = await connectVendor(typesense, api, credential);
    return secretPartOf((await service.create({ name: 'a', scopes: ['*'] }, options)).credential);
  };
  const options = idempotent();
  const one = await secretFor('fake_key_one', options);
  expect(await secretFor('fake_key_one', options)).toBe(one);
  expect(await secretFor('fake_key_two', options)).not.toBe(one);
  expect(await secretFor('fake_key_one')).not.toBe(one);
});

it('takes the secret of a server that does not let the client give it', async () => {
  const api = await vendorApi({
    ...typesense,
    app: () =>
      new Hono().post('/keys', (context) => context.json({ id: 0, value: 'fake_of_the_server' }, 201)),
  });
  const { service } = await connectVendor(typesense, api);
  const { credential } = await service.create({ name: 'a', scopes: ['*'] }, idempotent());
  expect(credential).toEqual({ secret: 'fake_of_the_server' });
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
