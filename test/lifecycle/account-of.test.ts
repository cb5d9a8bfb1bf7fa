import { expect, it } from 'vitest';
import { accountOf } from '../../src/lifecycle/find/account-of.js';
import { loadProvider } from '../../src/providers/registry.js';

const target = { profile: null, baseUrl: null, useEnvironmentKey: false };
const address = 'https://vendor.example';

it('has the settings that tell accounts apart, and none of the options that are rights of one key', async () => {
  const resend = await loadProvider('resend');
  const created = {
    target: { ...target, provider: 'resend', set: { domain: 'dom_1' } },
    address,
    provider: resend,
  };
  expect(resend.options.map(({ name }) => name)).toContain('domain');
  expect(accountOf(created)).toEqual({ provider: 'resend', address: address, context: {} });
  const cloudflare = await loadProvider('cloudflare');
  const set = { account: 'a1', resource: 'r1' };
  const other = { target: { ...target, provider: 'cloudflare', set }, address, provider: cloudflare };
  expect(cloudflare.context.map(({ name }) => name)).toContain('account');
  expect(accountOf(other).context).toMatchObject({ account: 'a1' });
});
