import { describe, expect, it } from 'vitest';
import { idempotent } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { sendgrid } from './fixtures/sendgrid.js';

describe('SendGrid', () => {
  it('changes scopes with the name as it was, and a name without touching the scopes', async () => {
    const api = await vendorApi(sendgrid);
    const { service } = await connectVendor(sendgrid, api);
    const { key } = await service.create({ name: 'web', scopes: ['mail.send'] }, idempotent());
    const scoped = await service.update(key.id, { scopes: ['alerts.read'] });
    expect(scoped).toEqual({
      id: key.id,
      name: 'web',
      scopes: ['alerts.read'],
      expires_at: null,
      status: 'active',
    });
    expect((await service.update(key.id, { name: 'shop' })).scopes).toEqual(['alerts.read']);
    expect(await service.get(key.id)).toMatchObject({ name: 'shop', scopes: ['alerts.read'] });
    const changes = api.exchanges.filter(({ method }) => /^P(UT|ATCH)$/.test(method));
    expect(changes.map(({ method }) => method)).toEqual(['PUT', 'PATCH']);
  });

  it('reads a key that is bare', async () => {
    const bare = { api_key_id: 'bare', name: 'web', scopes: ['mail.send'] };
    const api = await vendorApi(sendgrid, () => Response.json(bare));
    const { service } = await connectVendor(sendgrid, api);
    expect(await service.get('bare')).toEqual({
      id: 'bare',
      name: 'web',
      scopes: ['mail.send'],
      expires_at: null,
      status: 'active',
    });
  });

  it('names the subuser in every request', async () => {
    const api = await vendorApi(sendgrid);
    const { service } = await connectVendor({ ...sendgrid, set: { subuser: 'shop' } }, api);
    const { key } = await service.create({ name: 'web' }, idempotent());
    await service.list({});
    await service.revoke(key.id);
    expect(api.exchanges.map(({ headers }) => headers['on-behalf-of'])).toEqual(['shop', 'shop', 'shop']);
  });

  it('repeats the message of the vendor when there is no room for another key', async () => {
    const { service } = await connectVendor(sendgrid, await vendorApi(sendgrid));
    for (let i = 0; i < 100; i++) await service.create({ name: `k${i}` }, idempotent());
    await expect(service.create({ name: 'more' }, idempotent())).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('Cannot create more than 100 API Keys'),
    });
  });

  it('says of one key what it may do, which a roll reads', async () => {
    const { service, provider } = await connectVendor(sendgrid, await vendorApi(sendgrid));
    const { key } = await service.create({ name: 'web', scopes: ['mail.send'] }, idempotent());
    expect((await service.list({})).keys[0]?.scopes).toBeUndefined();
    expect((await service.get(key.id)).scopes).toEqual(['mail.send']);
    expect(provider.shows.list).not.toContain('scopes');
    expect(provider.shows.get).toContain('scopes');
  });
});
