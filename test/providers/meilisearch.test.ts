import { describe, expect, it } from 'vitest';
import { idempotent, secretOf } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { inDays } from '../support/settable-clock.js';
import { vendorApi } from '../support/vendor-api.js';
import { meilisearch } from './fixtures/meilisearch.js';

const request = { name: 'web', scopes: ['search'] };

describe('Meilisearch', () => {
  it('tells only the end of a secret that stands in every response', async () => {
    const { service } = await connectVendor(meilisearch, await vendorApi(meilisearch));
    const created = await service.create(request, idempotent());
    const told = JSON.stringify([created.key, await service.list({}), await service.get(created.key.id)]);
    expect(told).not.toContain(secretOf(created));
    expect(created.key.hint).toBe(secretOf(created).slice(-4));
  });

  it('verifies a key, and takes its uid for none', async () => {
    const { service } = await connectVendor(meilisearch, await vendorApi(meilisearch));
    const created = await service.create(request, idempotent());
    expect(await service.verify({ key: secretOf(created) })).toEqual({ valid: true, key: created.key });
    const unknown = { valid: false, reason: 'unknown' };
    expect(await service.verify({ key: created.key.id })).toEqual(unknown);
    await service.revoke(created.key.id);
    expect(await service.verify({ key: secretOf(created) })).toEqual(unknown);
    const old = await service.create({ ...request, expires_at: inDays(-1) }, idempotent());
    expect(await service.verify({ key: secretOf(old) })).toMatchObject({ reason: 'expired' });
  });

  it('names the indexes, and always the expiry', async () => {
    const api = await vendorApi(meilisearch);
    const { service } = await connectVendor({ ...meilisearch, set: { indexes: 'movies, books*' } }, api);
    await service.create(request, idempotent());
    expect(JSON.parse(api.exchanges[0]?.body ?? '')).toEqual({
      uid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4/),
      name: 'web',
      actions: ['search'],
      indexes: ['movies', 'books*'],
      expiresAt: null,
    });
  });
});
