import { expect, it } from 'vitest';
import { codeOf, idempotent } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { cloudflare } from './fixtures/cloudflare.js';

const [ZONE_READ, DNS_WRITE] = [
  'c8fed203ed3043cba015a93ad1616f1f',
  '4755a26eedb94da69e1066d98aa820be',
] as const;
const zone = (id: string) => ({ [`com.cloudflare.api.account.zone.${id}`]: '*' });
const POLICIES = [
  { effect: 'allow', permission_groups: [{ id: DNS_WRITE }], resources: zone('fake1') },
  { effect: 'deny', permission_groups: [{ id: ZONE_READ }], resources: zone('fake2') },
];
const connected = async () => {
  const api = await vendorApi(cloudflare);
  const { service } = await connectVendor(cloudflare, api);
  return { service, sent: (at: number) => JSON.parse(api.exchanges[at]?.body ?? '') };
};

it('tells the policies of a token, so that a successor gets the same on the same zones', async () => {
  const { service, sent } = await connected();
  const { key } = await service.create({ name: 'dns', options: { policies: POLICIES } }, idempotent());
  const told = await service.get(key.id);
  expect(told).toMatchObject({ scopes: [DNS_WRITE, ZONE_READ], options: { policies: POLICIES } });
  const { name, scopes = [], options = {} } = told;
  await service.create({ name, scopes, options }, idempotent());
  expect(sent(2)).toEqual({ name: 'dns', policies: POLICIES });
});

it('gives scopes one policy, and needs either', async () => {
  const { service, sent } = await connected();
  const { key } = await service.create({ name: 'dns', scopes: [DNS_WRITE] }, idempotent());
  expect(sent(0).policies).toEqual([
    {
      effect: 'allow',
      permission_groups: [{ id: DNS_WRITE }],
      resources: { 'com.cloudflare.api.account.*': '*' },
    },
  ]);
  expect(key.options).toEqual({ policies: sent(0).policies });
  expect(await codeOf(service.create({ name: 'none' }, idempotent()))).toBe('missing_answer');
});

it('refuses a scope that the policies do not have', async () => {
  const { service } = await connected();
  const request = { name: 'dns', scopes: ['other'], options: { policies: POLICIES } };
  expect(await codeOf(service.create(request, idempotent()))).toBe('invalid_request');
});

it('sends from when on a token works, and keeps it in an update, which replaces the token', async () => {
  const { service, sent } = await connected();
  const options = { not_before: '2030-01-01T00:00:00Z' };
  const { key } = await service.create({ name: 'dns', scopes: [DNS_WRITE], options }, idempotent());
  expect(sent(0)).toMatchObject(options);
  expect((await service.update(key.id, { name: 'web' })).options).toMatchObject(options);
});
