import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { startTestService } from '../support/key-service-server.js';
import { type KeysProgram, storeSecretsInFile } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';

let keys: KeysProgram;
beforeEach(async () => {
  keys = await keysInProcess();
  await storeSecretsInFile(keys);
  return () => keys.remove();
});

/** A ledger that has a key at a key service, as on a runner: without the profile. */
async function ledgerOfAnother() {
  const { url, managementKey } = await startTestService();
  const env = { KEYS_API_KEY_CORE: managementKey, KEYS_BASE_URL_CORE: url };
  const text = `version: 1
accounts: { core: { provider: keys, base_url: "${url}" } }
keys: [{ name: web, account: core, to: [web.env#WEB] }]
`;
  writeFileSync(join(keys.home, 'keys.yaml'), text, { mode: 0o600 });
  const applied = await keys.run(['apply', '--yes'], { env, cwd: keys.home });
  expect(applied.code, applied.stderr).toBe(0);
  return { url, env };
}

it('reads the accounts of keys.yaml by the credentials of the environment', async () => {
  const { url, env } = await ledgerOfAnother();
  const options = { env, cwd: keys.home };
  const audited = await keys.run(['audit', '--all-profiles', '--ledger', '--json'], options);
  const { summary } = JSON.parse(audited.stdout);
  expect([audited.code, summary.unread]).toEqual([0, []]);
  expect(summary.sources).toMatchObject([{ address: url, error: null }]);
  expect(summary.keys).toBeGreaterThan(0);
  expect(audited.stderr).not.toContain('not read');
  const listed = await keys.run(['list', '--all-profiles', '--json'], options);
  expect(JSON.parse(listed.stdout).map(({ name }: { name: string }) => name)).toContain('web');
  expect(listed.stderr).not.toContain('not read');
});

it.each([
  ['audit', '--all-profiles', '--ledger'],
  ['audit'],
  ['list', '--all-profiles'],
  ['roll', '--due', '1s'],
])('says that keys of the ledger were not read: %s %s', async (...command) => {
  const { url } = await ledgerOfAnother();
  const { code, stderr } = await keys.run(command, { cwd: keys.home });
  expect([code, stderr]).toEqual([
    0,
    expect.stringContaining(`warning: 1 key of the ledger was not read: 1 of keys at ${url}`),
  ]);
  expect(stderr).toContain('KEYS_BASE_URL_ACCOUNT');
});

it('says it in every report', async () => {
  const { url } = await ledgerOfAnother();
  const text = '1 key of the ledger was not read: 1 of keys at';
  for (const flag of [['--markdown'], ['--sarif']])
    expect((await keys.run(['audit', '--all-profiles', ...flag], { cwd: keys.home })).stdout).toContain(text);
  const json = await keys.run(['audit', '--all-profiles', '--json'], { cwd: keys.home });
  expect(JSON.parse(json.stdout).summary.unread).toEqual([{ provider: 'keys', address: url, keys: 1 }]);
});

it('sends no credential to an address that the file alone names', async () => {
  const { env } = await ledgerOfAnother();
  const { KEYS_API_KEY_CORE } = env;
  const { code, stderr } = await keys.run(['audit', '--all-profiles'], {
    env: { KEYS_API_KEY_CORE },
    cwd: keys.home,
  });
  expect([code, stderr]).toEqual([5, expect.stringContaining('could not be audited')]);
});

it('says nothing of keys that no longer work', async () => {
  const { env } = await ledgerOfAnother();
  writeFileSync(
    join(keys.home, 'keys.yaml'),
    `version: 1
accounts: { core: { provider: keys, base_url: "${env.KEYS_BASE_URL_CORE}" } }
keys: [{ name: web, account: core, revoked: true }]
`,
  );
  const applied = await keys.run(['apply', '--yes'], { env, cwd: keys.home });
  expect(applied.code, applied.stderr).toBe(0);
  const { stderr } = await keys.run(['audit', '--all-profiles'], { cwd: keys.home });
  expect(stderr).not.toContain('not read');
});
