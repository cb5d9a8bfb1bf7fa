import { expect, it } from 'vitest';
import { idempotent, secretOf } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { algolia } from './fixtures/algolia.js';

const connected = async () => {
  const api = await vendorApi(algolia);
  return { ...(await connectVendor(algolia, api)), api };
};
const request = { name: 'a', scopes: ['search'] };

it('says a digest wherever the id would be the secret', async () => {
  const { service } = await connected();
  const made = await service.create(request, idempotent());
  const secret = secretOf(made);
  const { keys } = await service.list({});
  const verdict = await service.verify({ key: secret });
  const updated = await service.update(made.key.id, { name: 'b' });
  const got = await service.get(made.key.id);
  for (const told of [made.key, keys, verdict, updated, got]) {
    expect(JSON.stringify(told)).toContain(made.key.id);
    expect(JSON.stringify(told)).not.toContain(secret);
  }
  const wrong = await service.revoke(`id_${'0'.repeat(16)}`).catch((error: unknown) => error);
  expect(wrong).toMatchObject({ code: 'not_found' });
});

it('keeps what is not changed, for the vendor would not', async () => {
  const { service, api } = await connected();
  const { key } = await service.create(
    { ...request, restrictions: { referrers: ['*.example.com'] } },
    idempotent(),
  );
  const updated = await service.update(key.id, { scopes: ['search', 'browse'] });
  expect(updated).toMatchObject({
    name: 'a',
    scopes: ['search', 'browse'],
    restrictions: { referrers: ['*.example.com'] },
  });
  const put = api.exchanges.find(({ method }) => method === 'PUT');
  expect(Object.keys(JSON.parse(put?.body ?? ''))).not.toContain('value');
});

it('says an expiry in seconds from now, and waits until a deleted key is gone', async () => {
  const { service, api, waits } = await connected();
  const expires_at = new Date(Date.now() + 3_600_000).toISOString();
  const { key } = await service.create({ ...request, expires_at }, idempotent());
  const { validity } = JSON.parse(api.exchanges.at(-1)?.body ?? '');
  expect(Math.abs(validity - 3600)).toBeLessThanOrEqual(60);
  await service.revoke(key.id);
  expect(waits.length).toBeGreaterThan(0);
  expect((await service.list({})).keys).toEqual([]);
});

it('says what a key is not good for', async () => {
  const { service } = await connected();
  const made = await service.create(request, idempotent());
  expect(await service.verify({ key: secretOf(made), scope: 'browse' })).toMatchObject({
    reason: 'scope_missing',
  });
  expect(await service.verify({ key: 'nobody' })).toEqual({ valid: false, reason: 'unknown' });
});

it('tells the restrictions of a key, which a successor gets', async () => {
  const { service, api } = await connected();
  const options = {
    indexes: ['prod_products'],
    queryParameters: 'restrictSources=192.168.1.0/24',
    maxHitsPerQuery: 20,
    maxQueriesPerIPPerHour: 100,
  };
  await service.create({ name: 'web', scopes: ['inference'], options }, idempotent());
  const [old] = (await service.list({})).keys;
  expect(old).toMatchObject({ options, scopes: ['inference'] });
  await service.create({ name: 'web', scopes: ['search'], options: old?.options ?? {} }, idempotent());
  expect(JSON.parse(api.exchanges.findLast(({ method }) => method === 'POST')?.body ?? '')).toMatchObject(
    options,
  );
});
