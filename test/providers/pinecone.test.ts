import { expect, it } from 'vitest';
import { createProviderService } from '../../src/providers/engine.js';
import { pinecone as definition } from '../../src/providers/vendors/pinecone.js';
import { idempotent, secretOf } from '../contract/key-service.js';
import { clock, connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { pinecone } from './fixtures/pinecone.js';

const logins = (exchanges: ReadonlyArray<{ path: string }>) =>
  exchanges.filter(({ path }) => path === '/oauth/token').length;

it('logs in once, and once more when its token has ended', async () => {
  const api = await vendorApi(pinecone);
  const { service } = await connectVendor(pinecone, api);
  const made = await service.create({ name: 'a', scopes: ['ProjectViewer'] }, idempotent());
  expect(secretOf(made)).toMatch(/^pcsk_/);
  await service.update(made.key.id, { scopes: ['DataPlaneEditor'] });
  expect(logins(api.exchanges)).toBe(1);
  await fetch(`${api.url}/test/end-tokens`, {
    method: 'POST',
    headers: { 'x-pinecone-api-version': '2026-04' },
  });
  expect(await service.get(made.key.id)).toMatchObject({ name: 'a', scopes: ['DataPlaneEditor'] });
  expect(logins(api.exchanges)).toBe(2);
});

it('logs in at the vendor’s own address for that, and only from its own', async () => {
  const asked: string[] = [];
  const connected = (baseUrl: string) =>
    createProviderService(definition, {
      baseUrl,
      credential: { api_key: 'client', secret_key: 'secret' },
      transport: async ({ url }) => {
        asked.push(url);
        const body = url.endsWith('/oauth/token') ? { access_token: 't', expires_in: 1800 } : { data: [] };
        return {
          status: 200,
          headers: { 'content-type': 'application/json' },
          body: Buffer.from(JSON.stringify(body)),
        };
      },
      userAgent: 'keys/test',
      clock,
      sleep: async () => undefined,
      set: { project: 'p' },
    });
  await connected('https://api.pinecone.io').list({});
  await connected('https://proxy.example.com').list({});
  expect(asked).toEqual([
    'https://login.pinecone.io/oauth/token',
    'https://api.pinecone.io/admin/projects/p/api-keys',
    'https://proxy.example.com/oauth/token',
    'https://proxy.example.com/admin/projects/p/api-keys',
  ]);
});

it('says of a login that is otherwise that it is no response', async () => {
  const api = await vendorApi(pinecone, () => Response.json({ token: 'elsewhere' }));
  const { service } = await connectVendor(pinecone, api);
  await expect(service.list({})).rejects.toMatchObject({
    code: 'bad_response',
    message: expect.stringContaining('/oauth/token'),
  });
});
