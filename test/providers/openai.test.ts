import { describe, expect, it } from 'vitest';
import { idempotent, secretOf } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { openai, openaiProject } from './fixtures/openai.js';

describe('OpenAI', () => {
  it('asks for an expiry as seconds from now, and reads it as a time', async () => {
    const api = await vendorApi(openai);
    const { service } = await connectVendor(openai, api);
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    const created = await service.create({ name: 'ci', expires_at }, idempotent());
    const { expires_in_seconds } = JSON.parse(api.exchanges[0]?.body ?? '');
    expect(Math.abs(expires_in_seconds - 3_600)).toBeLessThan(60);
    expect(Date.parse(created.key.expires_at ?? '') % 1000).toBe(0);
    expect(secretOf(created)).toMatch(/^sk-admin-/);
    expect(secretOf(created).slice(-4)).toBe(created.key.hint);
  });

  it('tries no admin key, and says what it lacks for that', async () => {
    const { service, tryOut } = await connectVendor(openai, await vendorApi(openai));
    const { credential } = await service.create({ name: 'ci' }, idempotent());
    const tried = await tryOut(credential);
    expect([tried.outcome, 'message' in tried && String(tried.message)]).toEqual([
      'not_asked',
      expect.stringContaining('--set project=…'),
    ]);
  });

  it('makes an admin key only where that is said, for no application can use one', async () => {
    const api = await vendorApi(openai);
    const { service } = await connectVendor({ ...openai, set: {} }, api);
    await expect(service.create({ name: 'web' }, idempotent())).rejects.toMatchObject({
      code: 'missing_answer',
      message: expect.stringContaining('--set project=…'),
    });
    expect(api.exchanges.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it('has a service account for each key of a project', async () => {
    const { service } = await connectVendor(openaiProject, await vendorApi(openaiProject));
    const created = await service.create({ name: 'web' }, idempotent());
    expect(secretOf(created)).toMatch(/^sk-svcacct-/);
    expect(created.key.id).toMatch(/^user-/);
    expect(await service.get(created.key.id)).toEqual(created.key);
    const { options, ...rest } = created.key;
    expect(options).toEqual({ role: 'member' });
    expect(Object.keys(rest).sort()).toEqual(['created_at', 'expires_at', 'id', 'name', 'status']);
  });

  it('gives a service account its role, and refuses one for an admin key', async () => {
    const api = await vendorApi(openaiProject);
    const { service } = await connectVendor(openaiProject, api);
    const request = { name: 'web', options: { role: 'owner' } };
    const { key } = await service.create(request, idempotent());
    expect(key.options).toEqual({ role: 'owner' });
    expect(await service.get(key.id)).toEqual(key);
    await service.create({ name: 'api', options: { role: 'member' } }, idempotent());
    expect(api.exchanges.filter(({ method }) => method === 'POST')).toHaveLength(3);
    const { service: admin } = await connectVendor(openai, api);
    await expect(admin.create(request, idempotent())).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('sends nothing where a key of a project should have an expiry', async () => {
    const api = await vendorApi(openaiProject);
    const { service } = await connectVendor(openaiProject, api);
    const soon = new Date(Date.now() + 86_400_000).toISOString();
    const request = { name: 'web', expires_at: soon };
    await expect(service.create(request, idempotent())).rejects.toMatchObject({ code: 'unsupported' });
    expect(api.exchanges).toEqual([]);
  });

  it('takes a key that may not list models for a good one', async () => {
    const message = 'You have insufficient permissions for this operation. Missing scopes: api.model.read.';
    const api = await vendorApi(openaiProject, () => Response.json({ error: { message } }, { status: 401 }));
    const { tryOut } = await connectVendor(openaiProject, api);
    expect(await tryOut({ secret: 'sk-svcacct-fake' })).toEqual({ outcome: 'accepted' });
  });
});
