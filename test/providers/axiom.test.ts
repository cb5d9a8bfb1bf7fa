import { expect, it } from 'vitest';
import { idempotent } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { vendorInProcess } from '../support/vendor-in-process.js';
import { axiom } from './fixtures/axiom.js';

const SCOPES = [
  'org:apiTokens:read',
  'org:datasets:read',
  'dataset:logs:ingest:create',
  'dataset:logs:query:read',
  'dataset:*:query:read',
  'view:errors:query:read',
];

it('says capabilities as scopes, and scopes as capabilities', async () => {
  const api = await vendorApi(axiom);
  const { service } = await connectVendor(axiom, api);
  const { key } = await service.create({ name: 'a', scopes: SCOPES }, idempotent());
  expect(JSON.parse(api.exchanges.at(-1)?.body ?? '')).toEqual({
    name: 'a',
    orgCapabilities: { apiTokens: ['read'], datasets: ['read'] },
    datasetCapabilities: { logs: { ingest: ['create'], query: ['read'] }, '*': { query: ['read'] } },
    viewCapabilities: { errors: { query: ['read'] } },
  });
  expect((await service.get(key.id)).scopes?.toSorted()).toEqual(SCOPES.toSorted());
  for (const wrong of ['ingest', 'org:read', 'dataset:ingest:create', 'table:logs:ingest:create']) {
    await expect(service.create({ name: 'a', scopes: [wrong] }, idempotent())).rejects.toMatchObject({
      code: 'invalid_request',
    });
  }
});

it('names both ends in a roll: the old token’s, and the same one for its successor', async () => {
  const api = await vendorApi(axiom);
  const { service } = await connectVendor(axiom, api);
  const expires_at = '2098-01-01T00:00:00Z';
  const { key } = await service.create({ name: 'a', scopes: SCOPES, expires_at }, idempotent());
  const rolled = await service.roll(key.id, { grace_seconds: 3600 }, idempotent());
  expect(rolled.key).toMatchObject({ name: 'a', expires_at });
  expect(rolled.key.id).not.toBe(key.id);
  const sent = JSON.parse(api.exchanges.at(-1)?.body ?? '');
  expect(sent).toEqual({
    existingTokenExpiresAt: expect.stringMatching(/Z$/),
    newTokenExpiresAt: expires_at,
  });
  expect((await service.get(key.id)).expires_at).toBe(sent.existingTokenExpiresAt);
  expect(rolled.previous.status).toBe('retiring');
});

it('keeps the description and the capabilities of a token in a roll, and declares what its records have', async () => {
  const { provider, service } = await connectVendor(axiom, await vendorApi(axiom));
  const options = { description: 'ingest of the shop' };
  const { key } = await service.create({ name: 'a', scopes: SCOPES, options }, idempotent());
  const { id: _, ...rights } = await service.get(key.id);
  const rolled = await service.roll(key.id, { grace_seconds: 3600 }, idempotent());
  expect(await service.get(rolled.key.id)).toEqual({ ...rights, id: rolled.key.id });
  expect(rights).toMatchObject({ name: 'a', options, status: 'active' });
  expect(provider.shows.list).toEqual(
    expect.arrayContaining(['scopes', 'expires_at', 'options.description']),
  );
});

it('tells when a token was last used, by whichever API, and the zero time of Go as never', async () => {
  const vendor = vendorInProcess(axiom);
  const { service } = await connectVendor(axiom, { ...vendor, exchanges: [] }, undefined, vendor);
  const { key } = await service.create({ name: 'a', scopes: SCOPES }, idempotent());
  const lastUsed = async (told: object) => {
    Object.assign(vendor.records[0] ?? {}, told);
    return (await service.get(key.id)).last_used;
  };
  expect(await lastUsed({})).toBeUndefined();
  const never = '0001-01-01T00:00:00Z';
  expect(await lastUsed({ apiLastUsed: never, ingestLastUsed: never })).toBeNull();
  expect(await lastUsed({ ingestLastUsed: '2026-11-01T00:00:00Z' })).toBe('2026-11-01T00:00:00Z');
  expect(await lastUsed({ apiLastUsed: '2026-11-02T00:00:00Z' })).toBe('2026-11-02T00:00:00Z');
});

it('cannot change a token, and says so', async () => {
  const { service } = await connectVendor(axiom, await vendorApi(axiom));
  await expect(service.update('x', { name: 'b' })).rejects.toMatchObject({ code: 'unsupported' });
});

it('needs the organization of a personal token', async () => {
  const { set: _, ...unset } = axiom;
  const { service } = await connectVendor(unset, await vendorApi(axiom));
  await expect(service.list({})).rejects.toMatchObject({ code: 'forbidden' });
});
