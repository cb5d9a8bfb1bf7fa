import { describe, expect, it } from 'vitest';
import { idempotent } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { planetscale } from './fixtures/planetscale.js';

describe('PlanetScale', () => {
  it('sends id and token bare, without a scheme', async () => {
    const api = await vendorApi(planetscale);
    const { service } = await connectVendor(planetscale, api);
    await service.list({});
    expect(api.exchanges[0]?.headers['authorization']).toBe(planetscale.credential);
  });

  it('asks for an expiry as a time to live, and reads it as a time', async () => {
    const api = await vendorApi(planetscale);
    const { service } = await connectVendor(planetscale, api);
    const asked = Date.now() + 7_200_000;
    const request = { name: 'ci', scopes: ['shop:read_branch'], expires_at: new Date(asked).toISOString() };
    const { key } = await service.create(request, idempotent());
    expect(Math.abs(JSON.parse(api.exchanges[0]?.body ?? '').ttl - 7_200)).toBeLessThan(60);
    expect(Math.abs(Date.parse(key.expires_at ?? '') - asked)).toBeLessThan(60_000);
    const lasting = await service.create({ name: 'web', scopes: ['shop:read_branch'] }, idempotent());
    expect(lasting.key.expires_at).toBeNull();
    expect(JSON.parse(api.exchanges[2]?.body ?? '')).toEqual({ name: 'web' });
  });

  it('knows no organization but its own', async () => {
    const api = await vendorApi(planetscale);
    const { service } = await connectVendor({ ...planetscale, set: { organization: 'a/b' } }, api);
    await expect(service.list({})).rejects.toMatchObject({ code: 'not_found' });
    expect(api.exchanges[0]?.path).toMatch(/^\/organizations\/a%2Fb\/service-tokens/);
  });

  it('gives a new token its accesses by database, and reads them again for a successor', async () => {
    const api = await vendorApi(planetscale);
    const { service } = await connectVendor(planetscale, api);
    const scopes = ['shop:read_branch', 'shop:connect_branch', 'blog:read_branch', 'read_databases'];
    const { key } = await service.create({ name: 'web', scopes }, idempotent());
    const sent = api.exchanges.slice(1).map(({ path, body }) => [path, JSON.parse(body)]);
    const path = `/organizations/acme/service-tokens/${key.id}/access`;
    expect(sent).toEqual([
      [path, { database: 'shop', access: ['read_branch', 'connect_branch'] }],
      [path, { database: 'blog', access: ['read_branch'] }],
      [path, { access: ['read_databases'] }],
    ]);
    expect([key.scopes, (await service.get(key.id)).scopes]).toEqual([scopes, scopes]);
  });
});
