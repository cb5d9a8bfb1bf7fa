import { expect, it } from 'vitest';
import type { Key } from '../../src/domain/key.js';
import { planRoll } from '../../src/lifecycle/roll/plan-roll.js';
import { loadProvider } from '../../src/providers/registry.js';
import { managedAtVendor } from './memory-vendor.js';

it('composes no successor of its own accord where a setting of the old key is not known', async () => {
  const { connection } = await managedAtVendor();
  const provider = await loadProvider('cloudflare');
  const at = { ...connection, provider, roll: provider.roll };
  const old: Key = { id: 'id-1', name: 'dns', status: 'active', scopes: ['group'], expires_at: null };
  const plan = (options: readonly string[]) => planRoll(old, null, { options }, at, Date.now());
  expect(plan(['account'])).toMatchObject({ request: { roll: 'id-1' }, inPlace: true, stopsAtOnce: true });
  expect(plan(['account', 'resource'])).toMatchObject({ request: { create: { name: 'dns' } } });
});

it('composes a successor with other rights where the old key shall not have its own any more', async () => {
  const { connection } = await managedAtVendor();
  const provider = await loadProvider('cloudflare');
  const at = { ...connection, provider, roll: provider.roll };
  const old: Key = { id: 'id-1', name: 'dns', status: 'active', scopes: ['group'], expires_at: null };
  const choices = { options: ['account', 'resource'], rights: { scopes: ['other'] } };
  const { request } = planRoll(old, null, choices, at, Date.now());
  expect(request).toMatchObject({ create: { name: 'dns', scopes: ['other'] } });
});
