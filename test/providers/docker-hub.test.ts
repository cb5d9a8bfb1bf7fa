import { expect, it } from 'vitest';
import { idempotent } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { dockerHub } from './fixtures/docker-hub.js';

it('logs in once for several requests, and sends the password to the login alone', async () => {
  const api = await vendorApi(dockerHub);
  const { service } = await connectVendor(dockerHub, api);
  const { key } = await service.create({ name: 'ci', scopes: ['repo:read'] }, idempotent());
  await service.update(key.id, { name: 'deploy' });
  await service.list({});
  const logins = api.exchanges.filter(({ path }) => path === '/v2/auth/token');
  expect(logins).toHaveLength(1);
  const sent = api.exchanges.filter(({ body, headers }) =>
    (body + JSON.stringify(headers)).includes('fake-password-for-tests'),
  );
  expect(sent).toEqual(logins);
});

it('pauses a token, and lists it as paused', async () => {
  const { service } = await connectVendor(dockerHub, await vendorApi(dockerHub));
  const { key } = await service.create({ name: 'ci', scopes: ['repo:read'] }, idempotent());
  await service.pause?.(key.id);
  expect((await service.list({})).keys.map(({ status }) => status)).toEqual(['paused']);
  expect(await service.unpause?.(key.id)).toMatchObject({ status: 'active', expires_at: null });
});
