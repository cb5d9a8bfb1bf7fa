import { expect, it, onTestFinished } from 'vitest';
import { idempotent, secretOf } from '../contract/key-service.js';
import { startTestService } from '../support/key-service-server.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { rawRequest } from '../support/raw-request.js';
import { testClient } from '../support/test-client.js';

it('shows uses and refusals of a key by day, as lines and as JSON', async () => {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  const service = await startTestService({ flushMs: 20 });
  const manager = testClient(service.url, service.managementKey).service;
  const created = await manager.create({ name: 'web' }, idempotent());
  await manager.create({ name: 'unused' }, idempotent());
  const headers = { authorization: `Bearer ${secretOf(created)}` };
  await rawRequest(`${service.url}/v1/authorize`, { headers });
  await rawRequest(`${service.url}/v1/authorize`, { headers });
  await rawRequest(`${service.url}/v1/authorize?scope=a:b`, { headers });
  const day = new Date(service.clock.now()).toISOString().slice(0, 10);
  await expect
    .poll(async () => await manager.usage?.(created.key.id))
    .toEqual([{ day, uses: 2, refusals: 1, new_addresses: 1 }]);
  const env = { KEYS_BASE_URL: service.url, KEYS_API_KEY: service.managementKey };
  const lines = await keys.run(['usage', 'web'], { env });
  expect([lines.stderr, lines.stdout, lines.code]).toEqual(['', `${day}\t2\t1\t1\n`, 0]);
  const json = await keys.run(['usage', created.key.id, '--days', '1', '--json'], { env });
  expect(JSON.parse(json.stdout)).toEqual([{ day, uses: 2, refusals: 1, new_addresses: 1 }]);
  expect(JSON.parse((await keys.run(['usage', 'unused', '--json'], { env })).stdout)).toEqual([]);
  expect((await keys.run(['usage', 'none'], { env })).code).toBe(3);
  for (const days of ['0', '1001', 'week']) {
    expect((await keys.run(['usage', 'web', '--days', days], { env })).code).toBe(2);
  }
});

it('says that a vendor does not count its keys by day', async () => {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  const env = { KEYS_PROVIDER: 'resend', KEYS_API_KEY: 're_fake_0000000000000000000000' };
  const { code, stderr } = await keys.run(['usage', 'web'], { env });
  expect([code, stderr]).toEqual([6, expect.stringContaining('keys of Resend are not counted by day')]);
});
