import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startTestService } from '../../support/key-service-server.js';
import { keysInProcess } from '../../support/keys-in-process.js';
import { testClient } from '../../support/test-client.js';
import { vendorServer, writeVendorProvider } from '../../support/vendor-server.js';

/** A home whose ledger knows nothing, as after a loss of its disk. */
async function home() {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  await keys.run(['config', 'set', 'storage', 'file']);
  const write = (account: string, to: string) =>
    writeFileSync(
      join(keys.home, 'keys.yaml'),
      `version: 1\naccounts: { v: { ${account} } }\nkeys:\n  - { name: web, account: v, to: ["${to}"] }\n`,
    );
  return { keys, write };
}

it('proposes the newest of several active keys of a name, and names the others', async () => {
  const { keys, write } = await home();
  const server = await vendorServer();
  expect(
    await keys.run(['provider', 'add', writeVendorProvider(keys.home, { keepsMetadata: true })]),
  ).toMatchObject({ code: 0 });
  const days = ['2026-01-01', '2026-03-01', '2026-02-01'];
  for (const [i, day] of days.entries())
    server.keys.push({
      ...{ id: `vk${i + 1}`, name: 'web', secret: `vnd_fake_${i}`, metadata: {} },
      ...{ created: `${day}T00:00:00Z`, revoked: false },
    });
  write(`provider: vendor, base_url: "${server.url}"`, 'exec:cat > taken');
  const env = { KEYS_API_KEY_V: server.admin, KEYS_BASE_URL_V: server.url };
  const plan = await keys.run(['plan', '--json'], { cwd: keys.home, env });
  const { actions } = JSON.parse(plan.stdout);
  expect(actions).toEqual([expect.objectContaining({ action: 'conflict', id: 'vk2' })]);
  expect(actions[0].why).toContain('adopt: "vk2" takes it in; so are vk3, vk1');
  const args = ['adopt', 'new.yaml', '--account', 'v', '--provider', 'vendor', '--base-url', server.url];
  expect(await keys.run(args, { cwd: keys.home, env })).toMatchObject({ code: 0 });
  expect(readFileSync(join(keys.home, 'new.yaml'), 'utf8')).toMatch(
    /name: web\n\s+account: v\n\s+adopt: vk2/,
  );
});

it('proposes the key whose secret is at the place, where the secret says whose it is', async () => {
  const { keys, write } = await home();
  const { url, managementKey, clock } = await startTestService();
  clock.advance(Date.now() - clock.now());
  const { service } = testClient(url, managementKey);
  const made = [];
  for (let i = 0; i < 3; i++) {
    made.push(await service.create({ name: 'web' }, { idempotencyKey: `web-${i}` }));
    clock.advance(60_000);
  }
  const used = made[1];
  writeFileSync(
    join(keys.home, '.env'),
    `WEB=${used && 'secret' in used.credential && used.credential.secret}\n`,
  );
  write(`provider: keys, base_url: "${url}"`, '.env#WEB');
  const env = { KEYS_API_KEY_V: managementKey, KEYS_BASE_URL_V: url };
  const plan = await keys.run(['plan', '--json'], { cwd: keys.home, env });
  const { actions } = JSON.parse(plan.stdout);
  const conflicts = actions.filter(({ action }: { action: string }) => action === 'conflict');
  expect(conflicts).toEqual([expect.objectContaining({ id: used?.key.id })]);
});
