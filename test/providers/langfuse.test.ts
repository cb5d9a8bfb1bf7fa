import { describe, expect, it } from 'vitest';
import { idempotent } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { vendorInProcess } from '../support/vendor-in-process.js';
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

  it('gives the pair itself: a repeat of a lost request finds it', async () => {
    const vendor = vendorInProcess(langfuse);
    const { service } = await connectVendor(langfuse, { ...vendor, exchanges: [] }, undefined, vendor);
    const options = idempotent();
    vendor.fail('cut after', 0, true);
    await expect(service.create({ name: 'web' }, options)).rejects.toMatchObject({ code: 'unreachable' });
    vendor.heal();
    await service.create({ name: 'web' }, idempotent());
    const { key, credential } = await service.create({ name: 'web' }, options);
    const [first] = vendor.records as ReadonlyArray<Record<string, string>>;
    expect(vendor.records).toHaveLength(2);
    expect(key.id).toBe(first?.['id']);
    expect(credential).toEqual({ api_key: first?.['publicKey'], secret_key: first?.['secretKey'] });
    const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
    expect(JSON.stringify(credential)).toMatch(new RegExp(`"pk-lf-${uuid}".*"sk-lf-${uuid}"`));
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
