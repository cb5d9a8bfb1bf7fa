import { expect, it, onTestFinished } from 'vitest';
import { testEncryptionKey } from '../support/encryption-key.js';
import { startTestService } from '../support/key-service-server.js';
import { storeSecretsInFile } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { loopbackApi } from '../support/vendor-api.js';

const tylt = ['--provider', 'tylt'];
const pair = (n: number) => `fake-api-key-000${n}\nfake-secret-key-000${n}\n`;

async function program() {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  await storeSecretsInFile(keys);
  return keys;
}

it('guides at the demo address that a profile names, and tries a demo pair there alone', async () => {
  const keys = await program();
  const demo = await loopbackApi(() => Response.json({}));
  const address = ['--base-url', demo.url, '--environment', 'demo'];
  await keys.run(['profile', 'add', 'till', ...tylt, ...address]);
  const of = ['--profile', 'till'];
  const status = JSON.parse((await keys.run(['status', ...of, '--json'])).stdout);
  expect(status).toMatchObject({ provider: 'tylt', managed_by: 'dashboard' });
  const shop = ['shop', '--service', 'shop', '--yes'];
  const created = await keys.run(['create', ...shop, ...of], { stdin: pair(1) });
  expect([created.code, created.stderr]).toEqual([0, expect.stringContaining('Tylt accepts the key')]);
  expect(demo.exchanges.map(({ path }) => path)).toEqual(['/transactions/merchant/getAccountBalance']);
  // The same keys, whether the profile, its address or the provider alone is named.
  for (const named of [of, [...tylt, '--base-url', demo.url], tylt]) {
    const listed = JSON.parse((await keys.run(['list', ...named, '--json'])).stdout);
    expect(listed).toMatchObject([{ name: 'shop', environment: 'demo' }]);
  }
  const rolled = await keys.run(['roll', 'shop', '--yes', ...of], { stdin: pair(2) });
  expect(rolled.code, rolled.stderr).toBe(0);
  // A pair of production is not sent to the demo address.
  const live = ['live', '--service', 'live', '--environment', 'production', '--yes'];
  const other = await keys.run(['create', ...live, ...of], { stdin: pair(3) });
  const why = `the key was not tried: this is a production key, and a profile says that ${demo.url} is of demo`;
  expect([other.code, other.stderr]).toEqual([0, expect.stringContaining(why)]);
  expect((await keys.run(['revoke', 'shop', '--yes', ...of])).code).toBe(0);
  const sent = JSON.stringify(demo.exchanges);
  expect([sent.includes('fake-api-key-0002'), sent.includes('fake-api-key-0003')]).toEqual([true, false]);
});

it('takes an address for a key service where a login has succeeded or KEYS_API_KEY is the credential', async () => {
  const keys = await program();
  const { url, managementKey } = await startTestService({
    policy: 'tylt',
    encryptionKey: testEncryptionKey(),
  });
  await keys.run(['profile', 'add', 'own', ...tylt, '--base-url', url, '--environment', 'demo']);
  const env = { KEYS_API_KEY: managementKey, KEYS_PROFILE: 'own' };
  const managedBy = async (args: readonly string[], more = {}) =>
    JSON.parse((await keys.run(['status', ...args, '--json'], more)).stdout).managed_by;
  expect(await managedBy([], { env })).not.toBe('dashboard');
  const login = ['login', '--profile', 'own', '--with-token', '--insecure-storage'];
  expect(await keys.run(login, { stdin: managementKey })).toMatchObject({ code: 0 });
  expect(await managedBy(['--profile', 'own'])).not.toBe('dashboard');
  const created = await keys.run(['create', 'a', '--service', 's', '--yes', '--profile', 'own', '--json']);
  expect([created.code, created.stderr]).toEqual([0, expect.anything()]);
  expect(JSON.parse(created.stdout)).toMatchObject({ environment: 'demo', service: 's' });
});

it('refuses the address of production for a demo profile and a demo pair, before anything is done', async () => {
  const keys = await program();
  const demo = [...tylt, '--environment', 'demo'];
  const production = 'https://api.tylt.money';
  const slot = ['shop', '--service', 'shop', '--environment', 'demo', '--yes'];
  for (const [args, env] of [
    [['profile', 'add', 'shop', ...demo], {}],
    [['profile', 'add', 'shop', ...demo, '--base-url', production], {}],
    [['profile', 'add', 'shop', ...tylt, '--environment', 'staging'], {}],
    [['create', ...slot, ...tylt, '--base-url', production], {}],
    [['create', ...slot, ...tylt], { KEYS_BASE_URL: production }],
  ] as const) {
    const { code, stdout, stderr } = await keys.run([...args], { env, stdin: pair(7) });
    expect([code, stdout, stderr], args.join(' ')).toEqual([
      2,
      '',
      expect.stringMatching(/this is for demo.*\n.*--base-url|no environment staging/),
    ]);
  }
  expect((await keys.run(['config', 'set', 'environment', 'demo'])).code).toBe(2);
  const login = ['login', ...tylt, '--base-url', production, '--profile', 'shop', '--with-token'];
  expect((await keys.run(login, { stdin: 'sk_live_fake' })).code).not.toBe(0);
  expect(JSON.parse((await keys.run(['profile', 'list', '--json'])).stdout)).toEqual([]);
  // A profile that was fine is not changed to one that is not.
  const kept = ['profile', 'add', 'shop', ...demo, '--base-url', 'https://demo.tylt.example'];
  expect((await keys.run(kept)).code).toBe(0);
  expect((await keys.run(['profile', 'add', 'shop', '--base-url', production])).code).toBe(2);
  const [profile] = JSON.parse((await keys.run(['profile', 'list', '--json'])).stdout);
  expect(profile.base_url).toBe('https://demo.tylt.example');
});

it('lists the keys of the environment of the profile, and says what is left out', async () => {
  const keys = await program();
  const address = ['--base-url', 'https://demo.tylt.example'];
  await keys.run(['profile', 'add', 'till', ...tylt, ...address, '--environment', 'demo']);
  const of = ['--profile', 'till'];
  for (const [turn, environment] of ['demo', 'production'].entries()) {
    const order = ['create', environment, '--service', environment, '--environment', environment, '--yes'];
    const created = await keys.run([...order, ...tylt], { stdin: pair(turn) });
    expect(created.code, created.stderr).toBe(0);
  }
  const listed = async (...more: string[]) => {
    const { code, stdout, stderr } = await keys.run(['list', '--json', ...more]);
    return [code, JSON.parse(stdout).map(({ name }: { name: string }) => name), stderr];
  };
  const said = expect.stringContaining(
    'keys of production are not listed: the profile till is for demo; --environment production lists them',
  );
  expect(await listed(...of)).toEqual([0, ['demo'], said]);
  expect(await listed(...of, '--environment', 'production')).toEqual([0, ['production'], '']);
  expect(await listed(...of, '--name', 'production')).toEqual([0, [], said]);
  expect(await listed(...tylt)).toEqual([0, ['production', 'demo'], '']);
  // A list and an audit of every profile have each key once, those of production under the vendor alone.
  const every = JSON.parse((await keys.run(['list', '--all-profiles', '--json'])).stdout);
  expect(every.map(({ name, profile }: Record<string, string>) => [profile, name])).toEqual([
    ['till', 'demo'],
    [null, 'production'],
  ]);
  const audited = async (...more: string[]) => {
    const { findings } = JSON.parse((await keys.run(['audit', '--json', ...more])).stdout);
    return findings
      .filter(({ rule }: { rule: string }) => rule === 'no-expiry')
      .map(({ key }: { key: { name: string; profile: string | null } }) => [key.profile, key.name]);
  };
  expect(await audited(...of)).toEqual([['till', 'demo']]);
  expect(await audited('--all-profiles')).toEqual([
    ['till', 'demo'],
    [null, 'production'],
  ]);
});

it('lists the keys of the environment of a profile at a key service, as create makes them there', async () => {
  const keys = await program();
  await keys.run(['profile', 'add', 'trial', '--environment', 'test']);
  for (const [name, ...more] of [
    ['one', '--profile', 'trial'],
    ['two', '--environment', 'live'],
  ] as const)
    expect((await keys.run(['create', name, '--json', ...more])).code).toBe(0);
  const names = async (...more: string[]) =>
    JSON.parse((await keys.run(['list', '--json', ...more])).stdout).map((key: { name: string }) => key.name);
  expect(await names('--profile', 'trial')).toEqual(['one']);
  expect(await names()).toEqual(['two', 'one']);
  await keys.run(['profile', 'use', 'trial']);
  expect(await names()).toEqual(['one']);
  expect(await names('--environment', 'live')).toEqual(['two']);
  expect(await names('--all-profiles')).toEqual(expect.arrayContaining(['one', 'two']));
});
