import { expect, it, onTestFinished } from 'vitest';
import { idempotent, secretOf } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { vendorApi } from '../support/vendor-api.js';
import { launchdarkly } from './fixtures/launchdarkly.js';

it('resets in place: the old value works until the time that it names, then no more', async () => {
  const api = await vendorApi(launchdarkly);
  const { service, tryOut } = await connectVendor(launchdarkly, api);
  const old = await service.create({ name: 'a', scopes: ['writer'] }, idempotent());
  const first = await service.roll(old.key.id, { grace_seconds: 3600 }, idempotent());
  expect(first.key).toMatchObject({ id: old.key.id, name: 'a', scopes: ['writer'] });
  expect(first.previous.status).toBe('retiring');
  const { path } = api.exchanges.at(-1) ?? { path: '' };
  const { expires_at } = first.previous;
  expect(Math.abs(Number(/expiry=(\d{13})$/.exec(path)?.[1]) - Date.parse(expires_at ?? ''))).toBeLessThan(
    60_000,
  );
  expect(await tryOut(old.credential)).toEqual({ outcome: 'accepted' });
  const second = await service.roll(old.key.id, { grace_seconds: 0 }, idempotent());
  expect(second.previous.status).toBe('revoked');
  expect(await tryOut(first.credential)).toMatchObject({ outcome: 'refused', status: 401 });
  expect(await tryOut(second.credential)).toEqual({ outcome: 'accepted' });
});

it('shows the last four characters, and no more, of a token that is listed', async () => {
  const { service } = await connectVendor(launchdarkly, await vendorApi(launchdarkly));
  const made = await service.create({ name: 'a', scopes: ['reader'] }, idempotent());
  const hint = secretOf(made).slice(-4);
  expect(made.key.hint).toBe(hint);
  expect((await service.list({})).keys).toMatchObject([{ hint, created_at: expect.stringMatching(/Z$/) }]);
});

it('gives base roles and custom roles, and changes either', async () => {
  const api = await vendorApi(launchdarkly);
  const { service } = await connectVendor(launchdarkly, api);
  const { key } = await service.create({ name: 'a', scopes: ['5f0cd446a77cba0b4c5644a7'] }, idempotent());
  expect(key.scopes).toEqual(['5f0cd446a77cba0b4c5644a7']);
  await service.update(key.id, { name: 'b', scopes: ['6f0cd446a77cba0b4c5644a7'] });
  expect(JSON.parse(api.exchanges.at(-1)?.body ?? '')).toEqual([
    { op: 'replace', path: '/name', value: 'b' },
    { op: 'replace', path: '/customRoleIds', value: ['6f0cd446a77cba0b4c5644a7'] },
  ]);
  await expect(service.create({ name: 'a', scopes: ['reader', 'x'] }, idempotent())).rejects.toMatchObject({
    code: 'invalid_request',
    message: expect.stringContaining('exactly one of role'),
  });
});

it('says which token it is called with', async () => {
  const { service } = await connectVendor(launchdarkly, await vendorApi(launchdarkly));
  expect(await service.whoami()).toEqual({ id: '5ebc0ae0d1b3d40a2d3b4a5c', name: 'manages tokens' });
});

it('ends no token by calling off a roll that has left its id', async () => {
  const api = await vendorApi(launchdarkly);
  const { service } = await connectVendor(launchdarkly, api);
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  const run = (...args: string[]) =>
    keys.run([...args, '--provider', 'launchdarkly', '--base-url', api.url], {
      env: { KEYS_API_KEY: launchdarkly.credential },
    });
  await keys.run(['config', 'set', 'storage', 'file']);
  const { key } = await service.create({ name: 'web', scopes: ['reader'] }, idempotent());
  expect((await run('roll', 'web', '--grace', '1h', '--to', 'exec:false')).code).toBe(9);
  const aborted = await run('roll', 'web', '--abort');
  expect([aborted.code, aborted.stderr]).toEqual([6, expect.stringContaining('has its new secret already')]);
  expect((await service.get(key.id)).name).toBe('web');
  expect(JSON.parse((await run('pending', '--json')).stdout)).toHaveLength(1);
});

it('takes the base role away where custom roles are asked for, and the other way round', async () => {
  const api = await vendorApi(launchdarkly);
  const { service } = await connectVendor(launchdarkly, api);
  const { key } = await service.create({ name: 'a', scopes: ['writer'] }, idempotent());
  const sent = () => JSON.parse(api.exchanges.findLast(({ method }) => method === 'PATCH')?.body ?? '');
  const narrowed = await service.update(key.id, { scopes: ['5f0cd446a77cba0b4c5644a7'] });
  expect(sent()).toEqual([
    { op: 'replace', path: '/customRoleIds', value: ['5f0cd446a77cba0b4c5644a7'] },
    { op: 'remove', path: '/role' },
  ]);
  expect(narrowed.scopes).toEqual(['5f0cd446a77cba0b4c5644a7']);
  const back = await service.update(key.id, { scopes: ['reader'] });
  expect(sent()).toEqual([
    { op: 'replace', path: '/role', value: 'reader' },
    { op: 'remove', path: '/customRoleIds' },
  ]);
  expect(back.scopes).toEqual(['reader']);
});

it('tells what a token is for', async () => {
  const { service } = await connectVendor(launchdarkly, await vendorApi(launchdarkly));
  const options = { description: 'for the build' };
  const { key } = await service.create({ name: 'a', scopes: ['reader'], options }, idempotent());
  expect((await service.get(key.id)).options).toMatchObject(options);
});
