import { expect, it } from 'vitest';
import { idempotent, secretOf } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { datadog } from './fixtures/datadog.js';

it('manages with two keys, and uses a key with one', async () => {
  const api = await vendorApi(datadog);
  const { service, tryOut } = await connectVendor(datadog, api);
  const made = await service.create({ name: 'a' }, idempotent());
  const [apiKey, applicationKey] = datadog.credential.split(':');
  expect(api.exchanges.at(-1)?.headers).toMatchObject({
    'dd-api-key': apiKey,
    'dd-application-key': applicationKey,
  });
  expect(await tryOut(made.credential)).toEqual({ outcome: 'accepted' });
  expect(api.exchanges.at(-1)?.headers).toMatchObject({ 'dd-api-key': secretOf(made) });
  expect(Object.keys(api.exchanges.at(-1)?.headers ?? {})).not.toContain('dd-application-key');
});

it('does not tell the secret that every look at a key shows again', async () => {
  const api = await vendorApi(datadog);
  const { service } = await connectVendor(datadog, api);
  const made = await service.create({ name: 'a' }, idempotent());
  const got = await service.get(made.key.id);
  expect(JSON.stringify(api.exchanges.at(-1)?.response)).toContain(secretOf(made));
  expect(JSON.stringify(got)).not.toContain(secretOf(made));
  expect(got).toMatchObject({ hint: secretOf(made).slice(-4) });
  // Null means: not in the past 90 days.
  expect(got.last_used).toBeUndefined();
});

it('is managed by a pair, and says so', async () => {
  const api = await vendorApi(datadog);
  await expect(connectVendor(datadog, api, 'one-key-alone')).rejects.toMatchObject({ code: 'usage' });
});

it('says that two keys cannot have one name', async () => {
  const { service, provider } = await connectVendor(datadog, await vendorApi(datadog));
  expect(provider.names.rule).toBe('unique');
  await service.create({ name: 'a' }, idempotent());
  await expect(service.create({ name: 'a' }, idempotent())).rejects.toMatchObject({ code: 'conflict' });
});

it('sends the settings of a key beside its name, and says whose it is', async () => {
  const api = await vendorApi(datadog);
  const { service } = await connectVendor(datadog, api);
  const options = { category: 'agents', remote_config_read_enabled: true };
  const { key } = await service.create({ name: 'a', options }, idempotent());
  expect(JSON.parse(api.exchanges[0]?.body ?? '')).toEqual({
    data: { type: 'api_keys', attributes: { name: 'a', ...options } },
  });
  expect(await service.get(key.id)).toMatchObject({ options, owner: '00000000-0000-1234-0000-000000000000' });
});
