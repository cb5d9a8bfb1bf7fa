import { expect, it } from 'vitest';
import { idempotent, secretOf } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { supabase } from './fixtures/supabase.js';

const connected = async () => {
  const api = await vendorApi(supabase);
  return { ...(await connectVendor(supabase, api)), api };
};

it('makes secret and publishable keys, and asks to be shown them', async () => {
  const { service } = await connected();
  const secret = await service.create({ name: 'server' }, idempotent());
  const open = await service.create({ name: 'browser', type: 'public' }, idempotent());
  expect(secretOf(secret)).toMatch(/^sb_secret_[A-Za-z0-9_]+$/);
  expect(secret.key).toMatchObject({ type: 'secret', scopes: ['service_role'] });
  expect(secretOf(open)).toMatch(/^sb_publishable_[A-Za-z0-9_]+$/);
  expect(open.key.type).toBe('public');
  expect(await service.update(secret.key.id, { scopes: ['reporting'] })).toMatchObject({
    scopes: ['reporting'],
  });
});

it('tells how a key begins, and of a legacy key nothing: what it calls so is of its signature', async () => {
  const { service } = await connected();
  const made = await service.create({ name: 'server' }, idempotent());
  const { keys } = await service.list({});
  const of = (name: string) => keys.find((key) => key.name === name)?.prefix;
  expect(secretOf(made).startsWith(of('server') ?? 'none')).toBe(true);
  expect([of('anon'), of('service_role')]).toEqual([undefined, undefined]);
});

it('does not tell the legacy keys that every list shows whole', async () => {
  const { service, api } = await connected();
  const { keys } = await service.list({});
  const told = JSON.stringify(keys);
  const whole = api.exchanges.at(-1)?.response as ReadonlyArray<{ api_key: string }>;
  expect(whole).toHaveLength(2);
  for (const { api_key } of whole) expect(told).not.toContain(api_key);
  expect(keys).toMatchObject([
    { id: 'anon', type: 'public' },
    { id: 'service_role', type: 'secret' },
  ]);
});

it('says what the vendor says to a name that it does not take', async () => {
  const { service } = await connected();
  await expect(service.create({ name: 'My key' }, idempotent())).rejects.toMatchObject({
    code: 'invalid_request',
    message: expect.stringContaining('must match pattern'),
  });
});
