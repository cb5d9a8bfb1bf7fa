import { Hono } from 'hono';
import { expect, it, onTestFinished } from 'vitest';
import { idempotent } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { vendorApi } from '../support/vendor-api.js';
import { vendorInProcess } from '../support/vendor-in-process.js';
import { clerk } from './fixtures/clerk.js';
import { cloudflare } from './fixtures/cloudflare.js';
import { datadog } from './fixtures/datadog.js';
import type { VendorFixture } from './fixtures/fixture.js';
import { langfuse } from './fixtures/langfuse.js';
import { launchdarkly } from './fixtures/launchdarkly.js';
import { typesense } from './fixtures/typesense.js';
import { unkey } from './fixtures/unkey.js';

/** A fixture without a network, and its first key. */
async function withKey(fixture: VendorFixture) {
  const vendor = vendorInProcess(fixture);
  const connected = await connectVendor(fixture, { ...vendor, exchanges: [] }, undefined, vendor);
  const { key } = await connected.service.create({ name: 'web', ...fixture.request }, idempotent());
  return { ...connected, vendor, key };
}

/** A vendor that gives every request this response. */
const says = (fixture: VendorFixture, status: 200 | 400 | 403, body: object): VendorFixture => ({
  ...fixture,
  app: () => new Hono().all('*', (context) => context.json(body, status)),
});

it.each([
  ['request_ip', { request_ip: { in: ['192.0.2.0/24'], not_in: ['192.0.2.7/32'] } }],
  ['request.ip', { 'request.ip': { in: ['192.0.2.0/24'], not_in: ['192.0.2.7/32'] } }],
])('Cloudflare: addresses are read from %s', async (_, condition) => {
  const { service, vendor, key } = await withKey(cloudflare);
  Object.assign(vendor.records[0] ?? {}, { condition });
  expect(await service.get(key.id)).toMatchObject({
    restrictions: { ips: ['192.0.2.0/24'] },
    options: { not_ips: ['192.0.2.7/32'] },
  });
});

it('Cloudflare: addresses are sent as request_ip, and a list has what has expired', async () => {
  const api = await vendorApi(cloudflare);
  const { service } = await connectVendor(cloudflare, api);
  const restrictions = { ips: ['192.0.2.0/24'] };
  await service.create({ name: 'web', ...cloudflare.request, restrictions }, idempotent());
  expect(JSON.parse(api.exchanges[0]?.body ?? '').condition).toEqual({
    request_ip: { in: restrictions.ips },
  });
  await service.list({});
  expect(api.exchanges.at(-1)?.path).toContain('include_expired=true');
});

it('Cloudflare: a token of an account is tried at its account', async () => {
  const account = { ...cloudflare, set: { account: 'acc1' } };
  const api = await vendorApi(says(account, 200, { success: true, result: { status: 'active' } }));
  const { tryOut } = await connectVendor(account, api);
  expect(await tryOut({ secret: 'fake_token' })).toEqual({ outcome: 'accepted' });
  expect(api.exchanges.map(({ path }) => path)).toEqual(['/accounts/acc1/tokens/verify']);
});

it('Datadog: a key that was not used in 90 days is not said to be unused', async () => {
  const { service, vendor, key } = await withKey(datadog);
  const record = vendor.records[0] ?? {};
  expect(record).toMatchObject({ date_last_used: null });
  expect((await service.get(key.id)).last_used).toBeUndefined();
  Object.assign(record, { date_last_used: '2026-11-01T00:00:00Z' });
  expect((await service.get(key.id)).last_used).toBe('2026-11-01T00:00:00Z');
});

it('LaunchDarkly: the tokens of all members are listed', async () => {
  const api = await vendorApi(launchdarkly);
  const { service } = await connectVendor(launchdarkly, api);
  await service.list({});
  expect(api.exchanges.at(-1)?.path).toContain('showAll=true');
});

it('Unkey: the last use is lastUsedAt', async () => {
  const { service, vendor, key } = await withKey(unkey);
  Object.assign(vendor.records[0] ?? {}, { lastUsedAt: Date.parse('2026-11-01T00:00:00Z') });
  expect((await service.get(key.id)).last_used).toBe('2026-11-01T00:00:00Z');
});

it.each([
  ['FORBIDDEN', 'ip_not_allowed'],
  ['INSUFFICIENT_PERMISSIONS', 'scope_missing'],
  ['DISABLED', 'disabled'],
])('Unkey: %s means %s', async (code, reason) => {
  const api = await vendorApi(says(unkey, 200, { meta: {}, data: { valid: false, code } }));
  const { service } = await connectVendor(unkey, api);
  expect(await service.verify({ key: 'prod_fake' })).toEqual({ valid: false, reason });
});

it.each([clerk, unkey])('$id: nothing is added to what an API gets at each verification', async (fixture) => {
  const { service, vendor, provider } = await withKey(fixture);
  await service.create({ name: 'more', ...fixture.request }, idempotent());
  expect(provider.marks).toBe(false);
  expect(JSON.stringify(vendor.records)).not.toContain('keys_operation');
});

it('Clerk: a key that has ended is an error, which says that it is not valid', async () => {
  const failed = {
    errors: [{ code: 'api_key_invalid', message: 'invalid', long_message: 'It was revoked.' }],
  };
  const { service } = await connectVendor(clerk, await vendorApi(says(clerk, 400, failed)));
  expect(await service.verify({ key: 'ak_fake' })).toEqual({ valid: false, reason: 'unknown' });
});

it('Langfuse: a plan without the endpoints is named in the words of the server', async () => {
  const error = 'This feature is not available on your current plan.';
  const { service } = await connectVendor(langfuse, await vendorApi(says(langfuse, 403, { error })));
  await expect(service.list({})).rejects.toMatchObject({
    code: 'forbidden',
    message: expect.stringContaining(error),
  });
});

it.each([
  ['openai', 'sk-fake0123456789abcdefghijklmnopqrstuvwxyz01234567'],
  ['neon', 'fake0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmn'],
])('%s: a key from before its prefix is imported', async (provider, secret) => {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  await keys.run(['config', 'set', 'storage', 'file']);
  const { url, exchanges } = await vendorApi(says(typesense, 200, { data: [] }));
  const at = ['--provider', provider, '--base-url', url];
  const imported = await keys.run(['import', ...at, '--set', 'project=p1', '--name', 'old'], {
    env: { KEYS_API_KEY: 'fake_management_key' },
    stdin: secret,
  });
  expect(exchanges.map(({ method }) => method)).not.toContain('POST');
  expect(imported.stderr).not.toContain('begins with');
  expect(imported.stderr).not.toContain('error');
  expect(imported.code).toBe(0);
});

it('Typesense: a name is never sent where the server wants a number', async () => {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  const api = await vendorApi(typesense);
  for (const args of [
    ['show', 'web'],
    ['revoke', 'web', '--yes'],
    ['roll', 'web', '--now', '--yes'],
  ]) {
    const run = await keys.run([...args, '--provider', 'typesense', '--base-url', api.url], {
      env: { KEYS_API_KEY: typesense.credential },
    });
    expect(run.code).toBe(3);
  }
  expect(new Set(api.exchanges.map(({ path }) => path))).toEqual(new Set(['/keys']));
});
