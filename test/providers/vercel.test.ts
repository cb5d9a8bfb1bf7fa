import { expect, it } from 'vitest';
import { idempotent, secretOf } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { vercel } from './fixtures/vercel.js';

it('creates a token for one team, and shows it as an option that a successor gets', async () => {
  const api = await vendorApi(vercel);
  const { service } = await connectVendor({ ...vercel, set: { team: 'team_fake' } }, api);
  const { key } = await service.create({ name: 'deploy' }, idempotent());
  expect(api.exchanges[0]?.path).toBe('/v3/user/tokens?teamId=team_fake');
  expect(key.options).toEqual({ team: 'team_fake' });
});

it('tells a token that was never used from one that was', async () => {
  const { service, tryOut } = await connectVendor(vercel, await vendorApi(vercel));
  const created = await service.create({ name: 'deploy' }, idempotent());
  expect(created.key.last_used).toBeNull();
  await tryOut({ secret: secretOf(created) });
  expect((await service.get(created.key.id)).last_used).toMatch(/^\d{4}-/);
});
