import { randomBytes } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { checkContract } from '../../src/providers/contract.js';
import { codeOf, idempotent } from '../contract/key-service.js';
import { clock, connectVendor } from '../support/connect-vendor.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { vendorApi } from '../support/vendor-api.js';
import { aws } from './fixtures/aws.js';

it('keeps the contract, signed requests and XML responses included', async () => {
  const api = await vendorApi(aws);
  const { provider, service, tryOut } = await connectVendor(aws, api);
  const { service: stranger } = await connectVendor(aws, api, aws.credential.replace(/.{4}$/, 'oops'));
  const rows = [];
  for await (const row of checkContract({
    provider,
    service,
    stranger,
    tryOut,
    request: { name: 'contract' },
    newIdempotencyKey: () => randomBytes(32).toString('base64url'),
    clock,
    sleep: async () => undefined,
  })) {
    rows.push(row);
  }
  expect(rows.filter(({ outcome }) => outcome === 'broken')).toEqual([]);
  expect(rows.filter(({ outcome }) => outcome === 'holds').map(({ rule }) => rule)).toEqual(
    expect.arrayContaining(['a new key is accepted', 'a revoked key is accepted no more']),
  );
});

it('reads an empty list, one key, and two', async () => {
  const { service } = await connectVendor(aws, await vendorApi(aws));
  expect((await service.list({})).keys).toEqual([]);
  for (const count of [1, 2]) {
    const { key } = await service.create({ name: 'ci' }, idempotent());
    expect(key).toMatchObject({ name: key.id, status: 'active', owner: 'deploy', expires_at: null });
    expect((await service.list({})).keys).toHaveLength(count);
  }
});

it('says what AWS says of a third key, and that of a wrong signature', async () => {
  const api = await vendorApi(aws);
  const { service } = await connectVendor(aws, api);
  for (const name of ['a', 'b']) await service.create({ name }, idempotent());
  await expect(service.create({ name: 'c' }, idempotent())).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('Cannot exceed quota for AccessKeysPerUser: 2'),
  });
  const { service: stranger } = await connectVendor(
    aws,
    api,
    ['AKIA', 'FAKEADMINFORTEST:another_secret_0001'].join(''),
  );
  expect(await codeOf(stranger.list({}))).toBe('forbidden');
});

it('is created, rolled and revoked from the command line', async () => {
  const api = await vendorApi(aws);
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  await keys.run(['config', 'set', 'storage', 'file']);
  const json = async (args: readonly string[]) => {
    const target = ['--provider', 'aws', '--base-url', api.url, '--set', 'user=deploy', '--json'];
    const { code, stdout, stderr } = await keys.run([...args, ...target], {
      env: { KEYS_API_KEY: aws.credential },
    });
    expect(`${code} ${code === 0 ? '' : stderr}`).toBe('0 ');
    return JSON.parse(stdout);
  };
  const created = await json(['create', '--name', 'ci']);
  const rolled = await json(['roll', 'ci', '--now', '--yes']);
  const left = await json(['list']);
  expect(left.map(({ id }: { id: string }) => id)).toEqual([rolled.id]);
  expect(rolled.id).not.toBe(created.id);
  await json(['revoke', rolled.id, '--yes']);
  expect(await json(['list'])).toEqual([]);
});
