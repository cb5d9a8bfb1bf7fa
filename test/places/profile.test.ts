import { beforeEach, expect, it } from 'vitest';
import { openPlace, parsePlace } from '../../src/places/registry.js';
import type { StoredCredential } from '../../src/storage/keychain/credentials.js';
import { createSettings } from '../../src/storage/settings-file.js';
import { fakePlaceContext } from '../support/fake-place-context.js';
import { startTestService, type TestService } from '../support/key-service-server.js';
import type { KeysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';

let keys: KeysProgram;
let service: TestService;
beforeEach(async () => {
  service = await startTestService();
  keys = await keysInProcess();
  return () => keys.remove();
});

const SECRET = /sk_live_[0-9A-Za-z]{39}/;
const LOGIN = ['--profile', 'team'];

async function logIn(): Promise<void> {
  const args = ['login', '--base-url', service.url, ...LOGIN, '--with-token', '--insecure-storage'];
  const { code, stderr } = await keys.run(args, { stdin: service.managementKey });
  expect(code, stderr).toBe(0);
}

it('is how keys rolls what it logs in with', async () => {
  await logIn();
  const list = async () => JSON.parse((await keys.run(['list', '--json', ...LOGIN])).stdout);
  const create = [
    'create',
    'deployer',
    '--scope',
    'keys:read',
    '--scope',
    'keys:create',
    '--scope',
    'keys:write',
  ];
  const created = await keys.run([...create, '--to', 'profile:team', '--replace', ...LOGIN]);
  expect(created.code, created.stderr).toBe(0);
  expect(created.stdout + created.stderr).not.toMatch(SECRET);
  const whoami = async () => JSON.parse((await keys.run(['status', '--json', ...LOGIN])).stdout).key?.id;
  const [{ id: first }] = (await list()).filter(({ name }: { name: string }) => name === 'deployer');
  expect(await whoami()).toBe(first);
  const rolled = await keys.run(['roll', 'deployer', '--grace', '1h', '--yes', ...LOGIN]);
  expect(rolled.code, rolled.stderr).toBe(0);
  const second = await whoami();
  expect(second).not.toBe(first);
  const marked = (await list()).filter((key: { logged_in_with?: true }) => key.logged_in_with);
  expect(marked).toMatchObject([{ id: second, name: 'deployer' }]);
  const shown = await keys.run(['list', ...LOGIN], { env: { FORCE_COLOR: '1' } });
  expect(shown.stdout).toContain('deployer');
});

it('does not replace a credential that keys did not write, unless asked to', async () => {
  await logIn();
  const { code, stderr } = await keys.run([
    'create',
    'deployer',
    '--scope',
    'keys:read',
    '--to',
    'profile:team',
    ...LOGIN,
  ]);
  expect([code, stderr]).toEqual([6, expect.stringContaining('--replace')]);
});

it.each([
  ['no such profile', 'profile:none', 3],
  ['a name that no profile has', 'profile:A B', 2],
])('refuses %s before anything is created', async (_, place, exit) => {
  const { code } = await keys.run(['create', 'web', '--to', place]);
  expect([code, JSON.parse((await keys.run(['list', '--all', '--json'])).stdout)]).toEqual([exit, []]);
});

/** A place of a profile of Resend, in a context that keeps credentials in memory. */
async function ofResend(stored: Map<string, StoredCredential>) {
  const settings = createSettings(temporaryFolder());
  await settings.saveProfile({ name: 'mail', provider: 'resend' });
  const context = fakePlaceContext({
    settings: () => settings,
    credentials: async () => ({
      read: async (name) => {
        const found = stored.get(name);
        return found === undefined ? null : { ...found, source: 'keychain (memory)' };
      },
      remove: async () => false,
      store: async (name, credential) => {
        stored.set(name, credential);
        return 'keychain (memory)';
      },
    }),
  });
  return await openPlace(await parsePlace('profile:mail', { directory: '/', env: {} }), context);
}
const KEY = { name: 'mail', id: 'key_1', variables: ['RESEND_API_KEY'] };

it('removes the credential that it holds: the profile is then logged out', async () => {
  const removed: string[] = [];
  const place = await openPlace(await parsePlace('profile:team', { directory: '/', env: {} }), {
    ...fakePlaceContext(),
    credentials: async () => ({
      read: async () => null,
      store: async () => 'file (insecure)',
      remove: async (name) => removed.push(name) > 0,
    }),
  });
  expect([await place.erase?.(), removed]).toEqual([['the profile team is logged out'], ['team']]);
});

it('refuses a profile that is not logged in', async () => {
  const place = await ofResend(new Map());
  await expect(place.probe()).rejects.toMatchObject({ code: 'not_logged_in', next: 'log_in' });
});

it('refuses the key of another provider, and keeps the address that the profile is for', async () => {
  const origin = 'https://api.resend.com';
  const stored = new Map([['mail', { secret: 'fake-old', origin }]]);
  const place = await ofResend(stored);
  const refused = place.deliver({ secret: 'fake-new' }, { ...KEY, provider: 'openai' });
  await expect(refused).rejects.toMatchObject({ code: 'refused' });
  expect(stored.get('mail')?.secret).toBe('fake-old');
  await place.deliver({ secret: 'fake-new' }, { ...KEY, provider: 'resend' });
  expect(stored.get('mail')).toEqual({ secret: 'fake-new', origin, key_id: 'key_1' });
});

it('tries the storage without a write over what another program has just delivered', async () => {
  const written: string[] = [];
  const settings = createSettings(temporaryFolder());
  await settings.saveProfile({ name: 'team', provider: 'resend' });
  const place = await openPlace(await parsePlace('profile:team', { directory: '/', env: {} }), {
    ...fakePlaceContext({ settings: () => settings }),
    credentials: async () => ({
      read: async () => ({ secret: 'old', origin: 'https://a.example', source: 'file (insecure)' }),
      store: async (name) => {
        written.push(name);
        return 'file (insecure)';
      },
      remove: async (name) => written.includes(name),
    }),
  });
  expect(await place.reserve?.()).toEqual([]);
  expect(written).toEqual([expect.stringMatching(/^key:probe:/)]);
});
