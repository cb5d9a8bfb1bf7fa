import { describe, expect, it } from 'vitest';
import { idempotent } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { langfuse } from './fixtures/langfuse.js';

describe('Langfuse', () => {
  it('creates a pair, of which only the end of the secret half is shown', async () => {
    const { service } = await connectVendor(langfuse, await vendorApi(langfuse));
    const { key, credential } = await service.create({ name: 'web' }, idempotent());
    if (!('api_key' in credential)) throw new Error('one secret where a pair was expected');
    expect(credential.api_key).toMatch(/^pk-lf-/);
    expect(credential.secret_key.slice(-4)).toBe(key.hint);
    expect(await service.get(key.id)).toEqual({ ...key, expires_at: null });
  });

  it('says that a pair of a project cannot manage keys', async () => {
    const api = await vendorApi(langfuse);
    const { service } = await connectVendor(langfuse, api);
    const { credential } = await service.create({ name: 'web' }, idempotent());
    if (!('api_key' in credential)) throw new Error('one secret where a pair was expected');
    const pair = `${credential.api_key}:${credential.secret_key}`;
    const { service: ordinary } = await connectVendor(langfuse, api, pair);
    await expect(ordinary.list({})).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('Organization-scoped API key required'),
    });
  });

  it('asks for the project before anything is sent', async () => {
    const api = await vendorApi(langfuse);
    const { service } = await connectVendor({ ...langfuse, set: {} }, api);
    await expect(service.list({})).rejects.toMatchObject({
      code: 'missing_answer',
      next: 'add_profile',
      details: { provider: 'langfuse', option: 'project' },
    });
    expect(api.exchanges).toEqual([]);
  });

  it('does not say when a key was used, for Langfuse never writes that down', async () => {
    const { service, provider } = await connectVendor(langfuse, await vendorApi(langfuse));
    await service.create({ name: 'web' }, idempotent());
    expect((await service.list({})).keys[0]?.last_used).toBeUndefined();
    expect(provider.shows.list).not.toContain('last_used');
  });
});
