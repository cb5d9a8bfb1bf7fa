import { expect, it } from 'vitest';
import { idempotent } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { unkey } from './fixtures/unkey.js';

const HOUR = 3_600_000;
const connected = async () => {
  const api = await vendorApi(unkey);
  const sent = () => JSON.parse(api.exchanges.at(-1)?.body ?? '');
  return { ...(await connectVendor(unkey, api)), api, sent };
};

it('asks for a grace in milliseconds, and never for more than the old key had', async () => {
  const { service, sent } = await connected();
  const old = await service.create({ name: 'a' }, idempotent());
  const { key, previous } = await service.roll(old.key.id, { grace_seconds: 60 }, idempotent());
  expect(sent()).toEqual({ keyId: old.key.id, expiration: 60_000 });
  expect(previous.status).toBe('retiring');
  await service.roll(key.id, {}, idempotent());
  expect(sent().expiration).toBe(12 * HOUR);
  const brief = await service.create(
    { name: 'b', expires_at: new Date(Date.now() + HOUR).toISOString() },
    idempotent(),
  );
  await service.roll(brief.key.id, { grace_seconds: 10 * 3600 }, idempotent());
  expect(sent().expiration).toBeLessThanOrEqual(HOUR);
  const last = await service.create({ name: 'c' }, idempotent());
  const ended = await service.roll(last.key.id, { grace_seconds: 0 }, idempotent());
  expect(ended.previous.status).toBe('revoked');
  expect((await service.get(last.key.id)).status).toBe('expired');
});

it('says why a key is not good, and takes none of its credits', async () => {
  const { service, sent } = await connected();
  const { key, credential } = await service.create({ name: 'a', scopes: ['documents.read'] }, idempotent());
  const secret = 'secret' in credential ? credential.secret : '';
  expect(secret).toMatch(/^prod_/);
  expect(await service.verify({ key: secret, scope: 'documents.read' })).toMatchObject({ valid: true });
  expect(sent()).toEqual({ key: secret, permissions: 'documents.read', credits: { cost: 0 } });
  expect(await service.verify({ key: secret, scope: 'users.write' })).toMatchObject({
    valid: false,
    reason: 'scope_missing',
    key: { id: key.id },
  });
  expect(await service.verify({ key: 'prod_nobody' })).toEqual({ valid: false, reason: 'unknown' });
  await service.update(key.id, { expires_at: '2001-01-01T00:00:00Z' });
  expect(await service.verify({ key: secret })).toMatchObject({ reason: 'expired' });
});

it('changes what it can, takes an expiry away, and keeps metadata', async () => {
  const { service } = await connected();
  const { key } = await service.create(
    { name: 'a', expires_at: '2090-01-01T00:00:00Z', metadata: { team: 'web' } },
    idempotent(),
  );
  expect(await service.get(key.id)).toMatchObject({ metadata: { team: 'web' }, prefix: 'prod_' });
  const changes = { name: 'b', expires_at: null, scopes: ['users.*'], metadata: { team: 'api' } };
  expect(await service.update(key.id, changes)).toMatchObject(changes);
});

it('gives a key roles, and pauses it', async () => {
  const { service } = await connected();
  const options = { roles: ['reader'] };
  const { key, credential } = await service.create({ name: 'a', options }, idempotent());
  expect((await service.get(key.id)).options).toMatchObject(options);
  expect(await service.pause?.(key.id)).toMatchObject({ status: 'paused' });
  const secret = 'secret' in credential ? credential.secret : '';
  expect(await service.verify({ key: secret })).toMatchObject({ valid: false, reason: 'disabled' });
  await service.unpause?.(key.id);
  expect(await service.verify({ key: secret })).toMatchObject({ valid: true });
});

it('says what the vendor says to an expiry that it cannot take', async () => {
  const { service } = await connected();
  await expect(
    service.create({ name: 'a', expires_at: '2300-01-01T00:00:00Z' }, idempotent()),
  ).rejects.toMatchObject({
    code: 'invalid_request',
    message: expect.stringContaining('failed to validate schema'),
  });
});

it('sends the rate limits of a record again without the ids that Unkey gave them', async () => {
  const { service, sent } = await connected();
  const limit = { name: 'requests', limit: 100, duration: 60_000, autoApply: true };
  const options = { ratelimits: [{ id: 'rl_1', ...limit }] };
  const { key } = await service.create({ name: 'a', options }, idempotent());
  expect(sent().ratelimits).toEqual([limit]);
  expect((await service.get(key.id)).options).toMatchObject({ ratelimits: [limit] });
});

it('creates a long key that can be read again, and deletes one for good, where --set says so', async () => {
  const set = { ...unkey.set, byte_length: '32', recoverable: 'yes', permanent: 'yes' };
  const api = await vendorApi(unkey);
  const { service } = await connectVendor({ ...unkey, set }, api);
  const { key } = await service.create({ name: 'a' }, idempotent());
  const bodies = () => api.exchanges.map(({ body }) => JSON.parse(body));
  expect(bodies().at(-1)).toMatchObject({ byteLength: 32, recoverable: true });
  await service.revoke(key.id);
  expect(bodies()).toContainEqual({ keyId: key.id, permanent: true });
  const { service: usual } = await connectVendor(unkey, api);
  const { key: other } = await usual.create({ name: 'b' }, idempotent());
  expect(bodies().at(-1)).not.toHaveProperty('byteLength');
  await usual.revoke(other.id);
  expect(bodies()).toContainEqual({ keyId: other.id });
});
