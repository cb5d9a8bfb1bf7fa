import { describe, expect, it } from 'vitest';
import { idempotent, secretOf } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { inDays } from '../support/settable-clock.js';
import { vendorApi } from '../support/vendor-api.js';
import { workos } from './fixtures/workos.js';

describe('WorkOS', () => {
  it('moves the end of a key, takes it away, and brings it forward', async () => {
    const { service } = await connectVendor(workos, await vendorApi(workos));
    const created = await service.create({ name: 'web', expires_at: inDays(400) }, idempotent());
    const { id } = created.key;
    const expires_at = inDays(800);
    expect((await service.update(id, { expires_at })).expires_at).toBe(expires_at);
    expect((await service.update(id, { expires_at: null })).expires_at).toBeNull();
    expect(await service.verify({ key: secretOf(created) })).toMatchObject({ valid: true, key: { id } });
    const ended = await service.update(id, { expires_at: inDays(-1) });
    expect(ended.status).toBe('expired');
    expect(await service.verify({ key: secretOf(created) })).toEqual({ valid: false, reason: 'unknown' });
    await expect(service.update(id, { expires_at: null })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('already expired'),
    });
  });

  it('cannot rename, and says what it can change', async () => {
    const { service } = await connectVendor(workos, await vendorApi(workos));
    await expect(service.update('api_key_1', { name: 'shop' })).rejects.toMatchObject({
      code: 'unsupported',
      hint: expect.stringContaining('it can change expiry'),
    });
  });

  it('has keys of a user in the organization', async () => {
    const api = await vendorApi(workos);
    const organization = workos.set?.['organization'] ?? '';
    const set = { organization, user: 'user_01EHZNVPK3SFK441A1RGBFSHRT' };
    const { service } = await connectVendor({ ...workos, set }, api);
    const { key } = await service.create({ name: 'web' }, idempotent());
    expect(JSON.parse(api.exchanges[0]?.body ?? '')).toMatchObject({ organization_id: organization });
    expect((await service.list({})).keys.map(({ id }) => id)).toEqual([key.id]);
    const { service: whole } = await connectVendor(workos, api);
    expect((await whole.list({})).keys).toEqual([]);
  });
});
