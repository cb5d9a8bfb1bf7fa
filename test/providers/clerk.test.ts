import { describe, expect, it } from 'vitest';
import { idempotent, secretOf } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { clerk } from './fixtures/clerk.js';

describe('Clerk', () => {
  it('reads epoch milliseconds, and asks for an expiry as seconds from now', async () => {
    const api = await vendorApi(clerk);
    const { service } = await connectVendor(clerk, api);
    const asked = Date.now() + 3_600_000;
    const request = { name: 'web', expires_at: new Date(asked).toISOString() };
    const { key } = await service.create(request, idempotent());
    const { seconds_until_expiration } = JSON.parse(api.exchanges[0]?.body ?? '');
    expect(Math.abs(seconds_until_expiration - 3_600)).toBeLessThan(60);
    expect(Math.abs(Date.parse(key.expires_at ?? '') - asked)).toBeLessThan(60_000);
    expect(Math.abs(Date.parse(key.created_at ?? '') - Date.now())).toBeLessThan(60_000);
    expect((await service.update(key.id, { expires_at: null })).expires_at).toBeNull();
  });

  it('changes only what is named', async () => {
    const { service } = await connectVendor(clerk, await vendorApi(clerk));
    const request = { name: 'web', scopes: ['read'], metadata: { plan: 'pro' } };
    const { key } = await service.create(request, idempotent());
    const scoped = await service.update(key.id, { scopes: ['read', 'write'] });
    expect(scoped).toMatchObject({ scopes: ['read', 'write'], metadata: { plan: 'pro' } });
    const changed = await service.update(key.id, { metadata: { plan: 'free' } });
    expect(changed).toMatchObject({ scopes: ['read', 'write'], metadata: { plan: 'free' } });
  });

  it('keeps a revoked key in its list, and verifies it no more', async () => {
    const { service } = await connectVendor(clerk, await vendorApi(clerk));
    const created = await service.create({ name: 'web' }, idempotent());
    const key = secretOf(created);
    expect(await service.verify({ key })).toEqual({ valid: true, key: created.key });
    await service.revoke(created.key.id);
    expect((await service.list({})).keys).toMatchObject([{ id: created.key.id, status: 'revoked' }]);
    expect(await service.verify({ key })).toEqual({ valid: false, reason: 'unknown' });
  });

  it('takes a page that is not found for a failure, not for a verdict', async () => {
    const page = new Response('<h1>Not Found</h1>', {
      status: 404,
      headers: { 'content-type': 'text/html' },
    });
    const { service } = await connectVendor(clerk, await vendorApi(clerk, () => page));
    await expect(service.verify({ key: 'ak_fake' })).rejects.toMatchObject({ code: 'not_found' });
  });
});
