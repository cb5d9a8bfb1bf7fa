import { readFile, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { embeddedFolder } from '../../src/connect/embedded-folder.js';
import { SYSTEMS } from '../../src/domain/systems.js';
import { testEncryptionKey } from '../support/encryption-key.js';
import { faultyServer, sendJson } from '../support/faulty-server.js';
import { startTestService, type TestService } from '../support/key-service-server.js';
import { type KeysProgram, storeSecretsInFile } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';

let keys: KeysProgram;
afterEach(() => keys?.remove());

/** A service under a policy, and a program that has logged in to it as the profile `team`. */
async function loggedIn(policy: string): Promise<TestService> {
  const service = await startTestService({ policy, encryptionKey: testEncryptionKey() });
  keys = await keysInProcess();
  await storeSecretsInFile(keys);
  await logIn(service.url, service.managementKey);
  return service;
}

async function logIn(url: string, credential: string, more: readonly string[] = []) {
  return await keys.run(
    ['login', '--base-url', url, '--profile', 'team', '--with-token', '--insecure-storage', ...more],
    { stdin: credential },
  );
}

function sendWhoami(response: ServerResponse, id: string, contradicting: object = {}): void {
  const { environments, types } =
    Object.values(SYSTEMS).find((system) => system.id === id) ?? SYSTEMS.swiftsell;
  const policy = { id, title: id, environments, types, credential: 'secret', ...contradicting };
  sendJson(response, 200, { success: true, data: { id: 'key_1', name: 'manager' }, policy });
}

const team = (args: readonly string[], env: Record<string, string> = {}) =>
  keys.run([...args, '--profile', 'team'], { env });

async function profile(): Promise<Record<string, unknown>> {
  const settings = JSON.parse(await readFile(`${keys.home}/.config/keys/config.json`, 'utf8'));
  return settings.profiles.team;
}

it('by variables alone, a key stays in one account, whatever the service says of its policy', async () => {
  const service = await startTestService({ policy: 'jahuty', encryptionKey: testEncryptionKey() });
  keys = await keysInProcess();
  await storeSecretsInFile(keys);
  const env = { KEYS_BASE_URL: service.url, KEYS_API_KEY: service.managementKey };
  const file = `${keys.home}/.env`;
  expect(await keys.run(['create', 'web', '--to', `${file}#WEB`], { env })).toMatchObject({ code: 0 });
  for (const args of [['status'], ['list', '--json'], ['show', 'web', '--json']]) {
    expect(await keys.run(args, { env })).toMatchObject({ code: 0 });
    const again = await keys.run(['create', 'web', '--to', `${file}#WEB`], { env });
    expect([again.code, again.stderr]).toEqual([6, expect.stringContaining('named web already')]);
    const places = JSON.parse((await keys.run(['places', 'list', 'web', '--json'], { env })).stdout);
    expect(places).toHaveLength(1);
  }
});

it('by variables alone, create says which policy it does not follow', async () => {
  const service = await startTestService({ policy: 'jahuty', encryptionKey: testEncryptionKey() });
  keys = await keysInProcess();
  const env = { KEYS_BASE_URL: service.url, KEYS_API_KEY: service.managementKey };
  const created = await keys.run(['create', 'web', '--env'], { env });
  expect([created.code, created.stdout, created.stderr]).toEqual([
    0,
    expect.stringMatching(/^export API_KEY=/),
    expect.stringMatching(/the service follows the policy jahuty: --provider jahuty uses its rules/),
  ]);
  const followed = await keys.run(['create', 'app', '--env', '--provider', 'jahuty'], { env });
  expect(followed.stderr).not.toContain('follows the policy');
});

it('by variables alone, no pair is created whose halves would find no place', async () => {
  const service = await startTestService({ policy: 'tylt', encryptionKey: testEncryptionKey() });
  keys = await keysInProcess();
  await storeSecretsInFile(keys);
  const env = { KEYS_BASE_URL: service.url, KEYS_API_KEY: service.managementKey };
  const file = `${keys.home}/.env`;
  const create = ['create', 'pay', '--service', 'shop', '--environment', 'demo', '--to', file, '--yes'];
  const refused = await keys.run(create, { env });
  expect([refused.code, refused.stderr]).toEqual([
    6,
    expect.stringMatching(
      /follows the policy tylt, whose keys are pairs\n.*--provider tylt follows it in this call; keys login --base-url/,
    ),
  ]);
  expect((await keys.run(['pending', '--json'])).stdout.trim()).toBe('[]');
  expect(JSON.parse((await keys.run(['list', '--json'], { env })).stdout)).toHaveLength(1);
  const followed = await keys.run([...create, '--provider', 'tylt'], { env });
  expect(followed.code, followed.stderr).toBe(0);
  expect(await readFile(file, 'utf8')).toMatch(/^TYLT_API_KEY=.*\nTYLT_SECRET_KEY=/);
});

it('by variables alone, no key is created or rolled under another system than the service follows', async () => {
  const service = await startTestService({ policy: 'jahuty', encryptionKey: testEncryptionKey() });
  keys = await keysInProcess();
  await storeSecretsInFile(keys);
  const env = { KEYS_BASE_URL: service.url, KEYS_API_KEY: service.managementKey };
  const as = (provider: string, ...args: string[]) => keys.run([...args, '--provider', provider], { env });
  const listed = async () => (await as('jahuty', 'list', '--columns', 'id,name,status,expires_at')).stdout;
  const before = await listed();
  for (const provider of ['swiftsell', 'tylt', 'trust-swiftly']) {
    const pair = provider === 'tylt' ? ['--service', 'shop', '--environment', 'demo', '--yes'] : [];
    for (const order of [
      ['create', 'web', ...pair, '--env'],
      ['create', 'web', ...pair, '--to', `${keys.home}/.env`],
      ['roll', 'management key', '--yes'],
      ['roll', 'management key', '--yes', '--now'],
    ]) {
      const refused = await as(provider, ...order);
      expect([refused.code, refused.stdout, refused.stderr], `${provider} ${order}`).toEqual([
        6,
        '',
        expect.stringMatching(
          new RegExp(
            `the service follows the policy jahuty, not ${provider}\n.*--provider jahuty follows it in this call; keys login --base-url`,
          ),
        ),
      ]);
    }
  }
  expect((await keys.run(['pending', '--json'])).stdout.trim()).toBe('[]');
  expect(await listed()).toBe(before);
  const created = await as('jahuty', 'create', 'web', '--env');
  expect([created.code, created.stdout]).toEqual([0, expect.stringMatching(/^export JAHUTY_API_KEY='/m)]);
  const file = `${keys.home}/imported.env`;
  const order = ['import', '--to', file, '--provider'];
  const stdin = /'(.*)'/.exec(created.stdout)?.[1] ?? '';
  const refused = await keys.run([...order, 'trust-swiftly'], { env, stdin });
  expect([refused.code, refused.stderr]).toEqual([
    6,
    expect.stringContaining('the service follows the policy jahuty, not trust-swiftly'),
  ]);
  const imported = await keys.run([...order, 'jahuty'], { env, stdin });
  expect(imported.code, imported.stderr).toBe(0);
  expect(await readFile(file, 'utf8')).toMatch(/^JAHUTY_API_KEY=/);
});

it('a policy that is not known here is not taken for the system that --provider names', async () => {
  const { url } = await faultyServer((response, { url: path }) => {
    if (path === '/v1/whoami') sendWhoami(response, 'resend');
    else sendJson(response, 200, { success: true, data: [] });
  });
  keys = await keysInProcess();
  const env = { KEYS_BASE_URL: url, KEYS_API_KEY: 'sk_live_fake' };
  const refused = await keys.run(['create', 'web', '--provider', 'swiftsell', '--env'], { env });
  expect([refused.code, refused.stdout, refused.stderr]).toEqual([
    6,
    '',
    expect.stringContaining('the service follows the policy "resend", not swiftsell'),
  ]);
});

describe('a login to a key service', () => {
  it.each([
    ['swiftsell', ['SWIFTSELL_API_KEY'], /^the old key key_\w+ works until /m],
    ['tylt', ['TYLT_API_KEY', 'TYLT_SECRET_KEY'], /^the old key key_\w+ has ended$/m],
  ])('learns the policy %s: create, env and roll follow it', async (policy, variables, rolled) => {
    await loggedIn(policy);
    const service = policy === 'tylt' ? ['--service', 'shop', '--environment', 'demo'] : [];
    const created = await team(['create', '--name', 'web', ...service, '--to', 'keychain']);
    expect(created.code, created.stderr).toBe(0);
    const lines = (await team(['env', 'web', '--shell', 'dotenv'])).stdout.trim().split('\n');
    expect(lines.map((line) => line.split('=')[0])).toEqual(variables);
    const roll = await team(['roll', 'web', '--yes']);
    expect([roll.code, roll.stderr]).toEqual([0, expect.stringMatching(rolled)]);
    expect((await team(['status'])).stdout).toContain(`(${policy})`);
  });

  it('shows and stores the policy, and the profile list has it', async () => {
    const { url, managementKey } = await loggedIn('tylt');
    const again = await logIn(url, managementKey, ['--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ policy: 'tylt', key: { name: 'management key' } });
    expect(JSON.parse(again.stdout).key).not.toHaveProperty('policy');
    expect(await profile()).toMatchObject({ policy: 'tylt', base_url: url });
    expect((await keys.run(['profile', 'list'])).stdout).toMatch(/team\ttylt\thttp/);
  });

  it('is used by address too, with or without the credential of the profile', async () => {
    const { url, managementKey } = await loggedIn('swiftsell');
    expect((await keys.run(['status', '--base-url', url])).stdout).toContain('(swiftsell)');
    const env = { KEYS_API_KEY: managementKey, KEYS_BASE_URL: url };
    expect((await keys.run(['status'], { env })).stdout).toContain('(swiftsell)');
  });

  it('refuses --provider of another system, and stores nothing', async () => {
    const { url, managementKey } = await loggedIn('jahuty');
    await keys.run(['profile', 'remove', 'team']);
    const refused = await logIn(url, managementKey, ['--provider', 'tylt']);
    expect([refused.code, refused.stderr]).toEqual([
      6,
      expect.stringContaining('this service follows the policy jahuty, not tylt'),
    ]);
    expect((await keys.run(['profile', 'list', '--json'])).stdout.trim()).toBe('[]');
  });

  it('gives its service one name everywhere: --provider, the lists, keys.yaml', async () => {
    const { url } = await loggedIn('jahuty');
    const refused = await team(['list', '--provider', 'tylt']);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining('profile team is of jahuty, not of tylt'),
    ]);
    const key = expect.arrayContaining([expect.objectContaining({ name: 'management key' })]);
    for (const named of [
      ['--profile', 'team', '--provider', 'jahuty'],
      ['--provider', 'jahuty', '--base-url', url],
    ])
      expect(JSON.parse((await keys.run(['list', '--json', ...named])).stdout)).toEqual(key);
    const everywhere = JSON.parse((await keys.run(['list', '--all-profiles', '--json'])).stdout);
    expect(everywhere).toEqual(
      everywhere.map(() => expect.objectContaining({ provider: 'jahuty', profile: 'team' })),
    );
    const planned = async (account: string, provider: string) => {
      const file = [
        'version: 1',
        `accounts: { ${account}: { provider: ${provider} } }`,
        `keys: [{ name: web, account: ${account}, to: [web.env#WEB] }]`,
      ].join('\n');
      await writeFile(`${keys.home}/keys.yaml`, file);
      return await keys.run(['plan', `${keys.home}/keys.yaml`]);
    };
    const plan = await planned('team', 'jahuty');
    expect([plan.code, plan.stdout], plan.stderr).toEqual([10, expect.stringContaining('web')]);
    expect((await planned('team', 'tylt')).stderr).toContain('profile team is of jahuty, not of tylt');
    await keys.run(['profile', 'add', 'own', '--policy', 'swiftsell']);
    const embedded = await planned('own', 'swiftsell');
    expect([embedded.code, embedded.stdout], embedded.stderr).toEqual([10, expect.stringContaining('web')]);
  });

  it.each(['resend', 'a-newer-one'])('warns of the policy %s, which is not known here', async (id) => {
    const { url } = await faultyServer((response) => sendWhoami(response, id));
    keys = await keysInProcess();
    const login = await logIn(url, 'sk_live_fake');
    expect([login.code, login.stderr]).toEqual([
      0,
      expect.stringContaining(`does not know the policy "${id}" of the service`),
    ]);
    expect(await profile()).toEqual({ base_url: url });
    expect((await team(['status'])).stdout).toContain('(keys)');
  });
});

it('follows no policy of which the service says what this version does not know', async () => {
  const { url } = await faultyServer((response) => sendWhoami(response, 'jahuty', { credential: 'pair' }));
  keys = await keysInProcess();
  const login = await logIn(url, 'sk_live_fake');
  expect([login.code, login.stderr]).toEqual([
    0,
    expect.stringContaining(
      'the service describes its policy "jahuty" differently from this version of keys',
    ),
  ]);
  expect(await profile()).toEqual({ base_url: url });
  expect((await team(['status'])).stdout).toContain('(keys)');
});

describe('a policy that was learned', () => {
  it('is stored by status in a profile of an earlier login', async () => {
    const { url } = await loggedIn('swiftsell');
    await keys.run(['profile', 'add', 'team', '--base-url', url]);
    expect(await profile()).toEqual({ base_url: url });
    const first = await team(['status']);
    expect([first.code, first.stderr]).toEqual([
      0,
      expect.stringContaining('team: the service follows the policy swiftsell'),
    ]);
    expect(await profile()).toEqual({ base_url: url, policy: 'swiftsell' });
    const second = await team(['status']);
    expect([second.stdout, second.stderr]).toEqual([expect.stringContaining('(swiftsell)'), '']);
  });

  it('follows the service when whoami says another one', async () => {
    let id = 'jahuty';
    const { url } = await faultyServer((response) => sendWhoami(response, id));
    keys = await keysInProcess();
    await logIn(url, 'sk_live_fake');
    expect(await profile()).toEqual({ base_url: url, policy: 'jahuty' });
    id = 'keys';
    await team(['status']);
    expect(await profile()).toEqual({ base_url: url });
  });

  it('is checked before a key is created or rolled: status learns the one of now', async () => {
    const { url, managementKey } = await loggedIn('swiftsell');
    const settings = `${keys.home}/.config/keys/config.json`;
    const text = await readFile(settings, 'utf8');
    await writeFile(settings, text.replace('"swiftsell"', '"jahuty"'));
    expect(await profile()).toMatchObject({ policy: 'jahuty' });
    const env = { KEYS_API_KEY: managementKey };
    for (const args of [['create', 'web', '--to', 'keychain']]) {
      const refused = await team(args, env);
      expect([refused.code, refused.stderr]).toEqual([
        6,
        expect.stringMatching(
          /follows the policy swiftsell now, not jahuty[\s\S]*keys status --profile team learns it/,
        ),
      ]);
    }
    expect((await team(['status'], env)).code).toBe(0);
    expect((await team(['create', 'web', '--to', `${keys.home}/.env`], env)).code).toBe(0);
    expect(await readFile(`${keys.home}/.env`, 'utf8')).toMatch(/^SWIFTSELL_API_KEY=/m);
    await writeFile(settings, text.replace('"swiftsell"', '"trust-swiftly"'));
    const rolled = await team(['roll', 'web', '--yes', '--base-url', url], env);
    expect(rolled.code).not.toBe(0);
    expect(rolled.stderr).toContain('keys status');
  });

  it('is checked before a roll: the hint names keys status, and nothing was changed', async () => {
    const { url, managementKey } = await loggedIn('swiftsell');
    const file = `${keys.home}/.env`;
    expect((await team(['create', 'web', '--to', file])).code).toBe(0);
    const folder = `${keys.home}/.config/keys`;
    const learned = await readFile(`${folder}/config.json`, 'utf8');
    const state = async () => {
      const headers = { authorization: `Bearer ${managementKey}` };
      const events = (await (await fetch(`${url}/v1/events`, { headers })).json()) as { data: object[] };
      const pending = (await keys.run(['pending', '--json'])).stdout;
      return { events: events.data, pending, delivered: await readFile(file, 'utf8') };
    };
    const before = await state();
    expect(before.events).not.toEqual([]);
    // One rolls for a time of its own, one by a successor, one at once: each refuses something that the
    // others do not.
    for (const stored of ['jahuty', 'trust-swiftly', 'tylt']) {
      await writeFile(`${folder}/config.json`, learned.replace('"swiftsell"', JSON.stringify(stored)));
      const orders = [[], ['--now'], ['--grace', '1h'], ['--json']].map((more) => [
        'roll',
        'web',
        '--yes',
        ...more,
      ]);
      for (const order of [...orders, ['create', 'b', '--environment', 'test', '--service', 's']]) {
        const { code, stdout, stderr } = await team(order);
        expect([code, stdout, stderr], `${stored} ${order}`).toEqual([
          6,
          '',
          expect.stringContaining('keys status'),
        ]);
      }
    }
    expect((await team(['status'])).code).toBe(0);
    expect(await state()).toEqual(before);
    expect((await team(['roll', 'web', '--yes'])).code).toBe(0);
  });

  it('sends no request that a command does not need', async () => {
    const seen: string[] = [];
    const { url } = await faultyServer((response, { method, url: path }) => {
      seen.push(`${method} ${path?.split('?')[0]}`);
      if (path === '/v1/whoami') sendWhoami(response, 'jahuty');
      else sendJson(response, 200, { success: true, data: [] });
    });
    keys = await keysInProcess();
    await logIn(url, 'sk_live_fake');
    await team(['list']);
    expect(seen).toEqual(['GET /v1/whoami', 'GET /v1/api-keys']);
  });

  it('does not move the database of a service that this machine starts', () => {
    const remote = { baseUrl: 'http://127.0.0.1:1', policy: 'tylt', profile: 'team' };
    expect(embeddedFolder('/data', remote)).toBe('/data');
    expect(embeddedFolder('/data', { ...remote, baseUrl: null })).toMatch(/team$/);
  });
});

it('finds again what was created before the policy was learned: saved secret, places and roll', async () => {
  const service = await startTestService({ policy: 'swiftsell', encryptionKey: testEncryptionKey() });
  keys = await keysInProcess();
  await storeSecretsInFile(keys);
  const env = { KEYS_API_KEY: service.managementKey, KEYS_BASE_URL: service.url };
  const places = ['--to', 'keychain', '--to', `${keys.home}/.env#WEB`];
  const created = await keys.run(['create', 'web', ...places, '--json'], { env });
  expect(created.code, created.stderr).toBe(0);
  expect((await logIn(service.url, service.managementKey)).code).toBe(0);
  const shown = JSON.parse((await team(['show', 'web', '--json'])).stdout);
  expect(shown.delivered_to).toEqual(JSON.parse(created.stdout).delivered_to);
  expect((await team(['env', 'web', '--shell', 'sh'])).stdout).toMatch(/^export WEB='ss_/);
  const rolled = await team(['roll', 'web', '--yes', '--json']);
  expect([rolled.code, JSON.parse(rolled.stdout).delivered_to]).toEqual([0, shown.delivered_to]);
  expect(await readFile(`${keys.home}/.env`, 'utf8')).toMatch(/^WEB=ss_/);
});

it.each(['jahuty', 'swiftsell'])(
  'a roll without a profile follows the policy that the service names: %s',
  async (policy) => {
    const service = await startTestService({
      policy,
      encryptionKey: testEncryptionKey(),
      clock: { now: Date.now },
    });
    keys = await keysInProcess({ KEYS_API_KEY: service.managementKey, KEYS_BASE_URL: service.url });
    const at = `${keys.home}/web.env#WEB`;
    expect(await keys.run(['create', 'web', '--to', at])).toMatchObject({ code: 0 });
    const rolled = await keys.run(['roll', 'web', '--yes', '--json']);
    expect(rolled.code, rolled.stderr).toBe(0);
    expect(JSON.parse(rolled.stdout)).toMatchObject({ delivered_to: [`file:${at}`] });
  },
);
