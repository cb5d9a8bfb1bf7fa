import { afterEach, expect, it } from 'vitest';
import { idempotent, secretOf } from '../contract/key-service.js';
import { faultyServer, sendJson } from '../support/faulty-server.js';
import { startTestService } from '../support/key-service-server.js';
import type { KeysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { rawRequest } from '../support/raw-request.js';
import { testClient } from '../support/test-client.js';

let keys: KeysProgram;
afterEach(() => keys?.remove());

it('shows how often a service has accepted and refused a key', async () => {
  const service = await startTestService();
  const manager = testClient(service.url, service.managementKey).service;
  const created = await manager.create({ name: 'web' }, idempotent());
  const headers = { authorization: `Bearer ${secretOf(created)}` };
  for (const path of ['/v1/authorize', '/v1/authorize', '/v1/authorize?scope=a:b']) {
    await rawRequest(`${service.url}${path}`, { headers });
  }
  // A request to manage keys is refused as well.
  const { status, body } = await rawRequest(`${service.url}/v1/api-keys`, { headers });
  expect([status, JSON.parse(body)]).toMatchObject([403, { details: { reason: 'scope_missing' } }]);
  await expect
    .poll(async () => await manager.usage?.(created.key.id))
    .toMatchObject([{ uses: 3, refusals: 2, new_addresses: 1 }]);
  keys = await keysInProcess();
  const env = { KEYS_API_KEY: service.managementKey, KEYS_BASE_URL: service.url };
  const { stdout } = await keys.run(['show', 'web'], { env });
  expect(stdout).toContain('uses in 30 days\t3\n');
  expect(stdout).toMatch(/refusals in 30 days\t2, last on \d{4}-\d\d-\d\d \(2\)\n/);
  expect(stdout).toMatch(/new addresses in 30 days\t1, last on \d{4}-\d\d-\d\d\n/);
  const json = JSON.parse((await keys.run(['show', 'web', '--json'], { env })).stdout);
  expect(json.usage).toMatchObject([{ uses: 3, refusals: 2 }]);
});

it.each([{ type: 'public' as const }, { environment: 'test' as const }])(
  'shows no new addresses of a key whose addresses are not counted: %o',
  async (kind) => {
    const service = await startTestService();
    const manager = testClient(service.url, service.managementKey).service;
    const created = await manager.create({ name: 'web', ...kind }, idempotent());
    await rawRequest(`${service.url}/v1/authorize`, {
      headers: { authorization: `Bearer ${secretOf(created)}` },
    });
    await expect.poll(async () => (await manager.usage?.(created.key.id))?.[0]?.uses).toBe(1);
    keys = await keysInProcess();
    const env = { KEYS_API_KEY: service.managementKey, KEYS_BASE_URL: service.url };
    expect((await keys.run(['show', 'web'], { env })).stdout).not.toContain('new addresses');
    const { stdout } = await keys.run(['usage', 'web', '--json'], { env });
    expect(JSON.parse(stdout)).toEqual([{ day: expect.any(String), uses: 1, refusals: 0 }]);
  },
);

it('shows no counts where a service has none', async () => {
  const key = { id: 'key_1', name: 'web' };
  const { url } = await faultyServer((response, { url: path }) => {
    if (path?.endsWith('/usage')) sendJson(response, 404, { success: false });
    else sendJson(response, 200, { success: true, data: path === '/v1/api-keys/key_1' ? key : [key] });
  });
  keys = await keysInProcess();
  const env = { KEYS_API_KEY: 'sk_live_fake', KEYS_BASE_URL: url };
  const { code, stdout, stderr } = await keys.run(['show', 'key_1', '--json'], { env });
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).not.toHaveProperty('usage');
});
