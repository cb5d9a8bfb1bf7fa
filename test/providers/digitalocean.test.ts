import { describe, expect, it } from 'vitest';
import { idempotent } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { digitalocean } from './fixtures/digitalocean.js';

describe('DigitalOcean Spaces', () => {
  it('grants what the scopes say, by bucket or in full', async () => {
    const api = await vendorApi(digitalocean);
    const { service } = await connectVendor(digitalocean, api);
    const scopes = ['assets:read', 'uploads:readwrite'];
    const { key } = await service.create({ name: 'web', scopes }, idempotent());
    expect(JSON.parse(api.exchanges[0]?.body ?? '').grants).toEqual([
      { bucket: 'assets', permission: 'read' },
      { bucket: 'uploads', permission: 'readwrite' },
    ]);
    expect((await service.get(key.id)).scopes).toEqual(scopes);
    const full = await service.create({ name: 'all', scopes: ['fullaccess'] }, idempotent());
    expect(full.key.scopes).toEqual(['fullaccess']);
  });

  it('refuses a scope that is no grant, and a key that could do nothing', async () => {
    const api = await vendorApi(digitalocean);
    const { service } = await connectVendor(digitalocean, api);
    for (const scope of ['assets', 'assets:write', ':read']) {
      const made = service.create({ name: 'web', scopes: [scope] }, idempotent());
      await expect(made).rejects.toMatchObject({ code: 'invalid_request' });
    }
    await expect(service.create({ name: 'web' }, idempotent())).rejects.toMatchObject({
      code: 'missing_answer',
    });
    expect(api.exchanges).toEqual([]);
  });

  it('stays with the service that was named, wherever a link to the next page points', async () => {
    const api = await vendorApi(digitalocean);
    const { service } = await connectVendor(digitalocean, api);
    for (const name of ['a', 'b']) await service.create({ name, scopes: ['fullaccess'] }, idempotent());
    const { next_cursor } = await service.list({ limit: 1 });
    expect(next_cursor).toBe('/v2/spaces/keys?page=2&per_page=1');
    expect((await service.list({ cursor: next_cursor ?? '' })).keys.map(({ name }) => name)).toEqual(['a']);
  });
});
