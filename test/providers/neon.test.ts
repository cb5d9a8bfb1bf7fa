import { describe, expect, it } from 'vitest';
import { idempotent } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { neon } from './fixtures/neon.js';

describe('Neon', () => {
  it('has ids that are numbers there and text here', async () => {
    const { service } = await connectVendor(neon, await vendorApi(neon));
    const { key } = await service.create({ name: 'web' }, idempotent());
    expect(key).toEqual({
      id: '165434',
      name: 'web',
      created_at: '2026-11-15T20:13:35Z',
      expires_at: null,
      status: 'active',
    });
    expect(await service.get('165434')).toMatchObject({ id: '165434', last_used: null });
    await expect(service.get('165435')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('makes keys of an organization, for one project', async () => {
    const api = await vendorApi(neon);
    const set = { organization: 'org-bold-sky-1', project: 'shiny-wind-028834' };
    const { service } = await connectVendor({ ...neon, set }, api);
    const { key } = await service.create({ name: 'web' }, idempotent());
    expect(JSON.parse(api.exchanges[0]?.body ?? '')).toEqual({
      key_name: 'web',
      project_id: 'shiny-wind-028834',
    });
    expect((await service.get(key.id)).options).toEqual({ project: 'shiny-wind-028834' });
    await service.revoke(key.id);
    const paths = api.exchanges.map(({ path }) => path);
    expect(paths).toEqual([
      '/organizations/org-bold-sky-1/api_keys',
      '/organizations/org-bold-sky-1/api_keys',
      `/organizations/org-bold-sky-1/api_keys/${key.id}`,
    ]);
  });

  it('never makes a user’s key where a key for one project was asked for', async () => {
    const api = await vendorApi(neon);
    const { service } = await connectVendor({ ...neon, set: { project: 'shiny-wind-028834' } }, api);
    await expect(service.create({ name: 'web' }, idempotent())).rejects.toMatchObject({
      code: 'missing_answer',
      message: expect.stringContaining('--set organization=…'),
    });
    expect(api.exchanges).toEqual([]);
  });
});
