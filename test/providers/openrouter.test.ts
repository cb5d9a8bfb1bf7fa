import { describe, expect, it } from 'vitest';
import { allKeys } from '../../src/domain/all-keys.js';
import { idempotent, secretOf } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { inDays } from '../support/settable-clock.js';
import { vendorApi } from '../support/vendor-api.js';
import { vendorInProcess } from '../support/vendor-in-process.js';
import { openrouter } from './fixtures/openrouter.js';

describe('OpenRouter', () => {
  it('lists more than the hundred keys of a page, each once', async () => {
    const api = await vendorApi(openrouter);
    const { service } = await connectVendor(openrouter, api);
    for (let i = 0; i < 103; i++) await service.create({ name: `k${i}` }, idempotent());
    const seen = new Set<string>();
    for await (const { id } of allKeys(service, {})) seen.add(id);
    expect(seen.size).toBe(103);
    const paths = api.exchanges.filter(({ method }) => method === 'GET').map(({ path }) => path);
    expect(paths).toEqual(['/keys?include_disabled=true', '/keys?include_disabled=true&offset=100']);
  });

  it('tells the end of the secret, and keys that are paused or have ended', async () => {
    const api = await vendorApi(openrouter);
    const { service, tryOut } = await connectVendor(openrouter, api);
    const created = await service.create({ name: 'web' }, idempotent());
    expect(secretOf(created).endsWith(created.key.hint ?? 'none')).toBe(true);
    await service.create({ name: 'old', expires_at: inDays(-1) }, idempotent());
    await fetch(`${api.url}/keys/${created.key.id}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${openrouter.credential}`, 'content-type': 'application/json' },
      body: '{"disabled":true}',
    });
    const { keys } = await service.list({});
    expect(keys.map(({ name, status }) => `${name} ${status}`)).toEqual(['old expired', 'web paused']);
    expect(await tryOut(created.credential)).toMatchObject({ outcome: 'refused', status: 401 });
  });

  it('makes keys in a workspace, with a spending limit', async () => {
    const api = await vendorApi(openrouter);
    const set = { workspace: '0df9e665-d932-5740-b2c7-b52af166bc11', limit: '12.5' };
    const { service } = await connectVendor({ ...openrouter, set }, api);
    await service.create({ name: 'web' }, idempotent());
    expect(JSON.parse(api.exchanges[0]?.body ?? '')).toEqual({
      name: 'web',
      limit: 12.5,
      workspace_id: set.workspace,
    });
    expect((await service.list({})).keys).toHaveLength(1);
    const { service: elsewhere } = await connectVendor(openrouter, api);
    expect((await elsewhere.list({})).keys).toEqual([]);
  });

  it('tells the limit and its reset, which a successor gets', async () => {
    const api = await vendorApi(openrouter);
    const { service } = await connectVendor(openrouter, api);
    const options = { limit: 10, limit_reset: 'monthly', include_byok_in_limit: true };
    await service.create({ name: 'agent', options }, idempotent());
    const [old] = (await service.list({})).keys;
    expect(old?.options).toEqual(options);
    await service.create({ name: 'agent', options: old?.options ?? {} }, idempotent());
    expect(JSON.parse(api.exchanges.at(-1)?.body ?? '')).toMatchObject(options);
    const changed = await service.update(old?.id ?? '', { options: { limit: 5 } });
    expect(changed.options).toMatchObject({ limit: 5 });
  });

  it('tells what a key has spent, and what it may still spend', async () => {
    const vendor = vendorInProcess(openrouter);
    const { service } = await connectVendor(openrouter, { ...vendor, exchanges: [] }, undefined, vendor);
    const { key } = await service.create({ name: 'agent', options: { limit: 10 } }, idempotent());
    Object.assign(vendor.records[0] ?? {}, { usage: 2.5, usage_monthly: 1.5 });
    expect((await service.get(key.id)).metadata).toEqual({
      usage: '2.5',
      usage_daily: '0',
      usage_weekly: '0',
      usage_monthly: '1.5',
      limit_remaining: '10',
    });
  });

  it('refuses a limit that is no amount', async () => {
    const api = await vendorApi(openrouter);
    const { service } = await connectVendor({ ...openrouter, set: { limit: 'much' } }, api);
    await expect(service.create({ name: 'web' }, idempotent())).rejects.toMatchObject({
      code: 'invalid_request',
    });
    expect(api.exchanges).toEqual([]);
  });
});
