import { expect, it } from 'vitest';
import { allKeys } from '../../src/domain/all-keys.js';
import { codeOf, idempotent } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { anthropicWith, type ConsoleKey, consoleKey } from './fixtures/anthropic.js';

const connected = async (keys: readonly ConsoleKey[], set = {}) => {
  const fixture = { ...anthropicWith(keys), set };
  const api = await vendorApi(fixture);
  return { ...(await connectVendor(fixture, api)), api };
};

it('lists the keys of an organization, page by page, with their owners', async () => {
  const keys = ['a', 'b', 'c', 'd', 'e'].map((name) => consoleKey(name));
  const { service } = await connected(keys);
  const listed = [];
  for await (const key of allKeys(service, {})) listed.push(key);
  expect(listed.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(listed[0]).toMatchObject({
    status: 'active',
    owner: 'user_fake_0001',
    hint: keys[0]?.secret.slice(-4),
    expires_at: null,
  });
});

it('lists one workspace alone', async () => {
  const keys = [consoleKey('a'), consoleKey('b', { workspace_id: 'wrkspc_fake' })];
  const { service } = await connected(keys, { workspace: 'wrkspc_fake' });
  expect((await service.list({})).keys.map(({ name }) => name)).toEqual(['b']);
});

it('renames, pauses, unpauses and archives a key', async () => {
  const key = consoleKey('web');
  const { service, tryOut } = await connected([key]);
  expect(await service.update(key.id, { name: 'shop' })).toMatchObject({ name: 'shop' });
  expect(await service.pause?.(key.id)).toMatchObject({ status: 'paused' });
  expect(await tryOut({ secret: key.secret })).toMatchObject({ outcome: 'refused', status: 401 });
  expect(await service.unpause?.(key.id)).toMatchObject({ status: 'active' });
  expect(await tryOut({ secret: key.secret })).toEqual({ outcome: 'accepted' });
  await service.revoke(key.id);
  expect(await service.get(key.id)).toMatchObject({ status: 'revoked' });
});

it('creates no key, rolls none, and says what it can do', async () => {
  const { service, provider, api } = await connected([]);
  expect(provider.operations).toMatchObject({ create: null, roll: null, pause: 'endpoint' });
  await expect(service.create({ name: 'web' }, idempotent())).rejects.toMatchObject({
    code: 'unsupported',
    message: 'Anthropic has no way to create a key',
    hint: expect.stringContaining('list, get, update, pause, revoke'),
  });
  expect(await codeOf(service.roll('apikey_1', {}, idempotent()))).toBe('unsupported');
  expect(api.exchanges).toEqual([]);
});

it('refuses a wrong admin key with the words of the API', async () => {
  const fixture = anthropicWith([]);
  const { service } = await connectVendor(fixture, await vendorApi(fixture), 'sk-ant-admin01-fake_wrong');
  await expect(service.list({})).rejects.toMatchObject({
    code: 'unauthenticated',
    message: expect.stringContaining('invalid x-api-key'),
  });
});
