import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createRedactor } from '../../src/domain/redactor.js';
import { createHttpTransport } from '../../src/http/create-http-transport.js';
import type { PlaceKey } from '../../src/places/place.js';
import { openPlace, parsePlace, withNames } from '../../src/places/registry.js';
import { fakePlaceContext } from '../support/fake-place-context.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { loopbackApi } from '../support/vendor-api.js';
import { vaultApi } from './fixtures/vault-api.js';

const KEY: PlaceKey = { name: 'billing', id: 'key_1', provider: 'resend', variables: ['RESEND_API_KEY'] };
const TOKEN = 'fake-vault-token';
const VAULT = 'https://vault.example.com:8200';

it.each([
  ['secret/billing#resend', { VAULT_ADDR: `${VAULT}/` }, `${VAULT}/secret/billing#resend`],
  [
    'secret/billing#resend',
    { BAO_ADDR: VAULT, VAULT_NAMESPACE: 'a/b' },
    `${VAULT}/secret/billing#resend@a/b`,
  ],
  ['secret/billing', { VAULT_ADDR: VAULT, VAULT_NAMESPACE: 'a' }, `${VAULT}/secret/billing#@a`],
  [
    `${VAULT}/kv/team/billing#a b`,
    { VAULT_ADDR: 'https://other', VAULT_NAMESPACE: 'a' },
    `${VAULT}/kv/team/billing#a b`,
  ],
])('reads vault:%s with %j', async (text, env, address) => {
  const place = await parsePlace(`vault:${text}`, { directory: '/', env });
  expect(place.address).toBe(`vault:${address}`);
  expect(await parsePlace(place.address, { directory: '/', env: {} })).toEqual(place);
});

it.each(['secret/billing#a', `${VAULT}/secret#a`, `${VAULT}/secret/../sys#a`, `${VAULT}/secret/a#x,y,z`])(
  'refuses vault:%s',
  async (text) => {
    await expect(parsePlace(`vault:${text}`, { directory: '/', env: {} })).rejects.toMatchObject({
      code: 'usage',
    });
  },
);

async function started() {
  const api = vaultApi(TOKEN);
  const { url, exchanges } = await loopbackApi(api.respond);
  const transport = createHttpTransport({
    clock: { now: Date.now },
    sleep: async () => undefined,
    retries: 0,
  });
  const open = async (text: string, env: Record<string, string> = { VAULT_TOKEN: TOKEN }) => {
    const place = await parsePlace(`vault:${text}`, { directory: '/', env: { VAULT_ADDR: url } });
    return await openPlace(
      await withNames(place, KEY.variables),
      fakePlaceContext({ env, transport: async () => transport }),
    );
  };
  return { ...api, exchanges, open };
}

it.each([
  ['root', false],
  ['fake-vault-token', true],
])('hides the token %s: %s; an ordinary word is none', async (token, hidden) => {
  const { url } = await loopbackApi(vaultApi(token).respond);
  const redactor = createRedactor();
  const transport = createHttpTransport({ clock: { now: Date.now }, sleep: async () => undefined, redactor });
  const place = await parsePlace('vault:nowhere/x#A', { directory: '/', env: { VAULT_ADDR: url } });
  const context = fakePlaceContext({ env: { VAULT_TOKEN: token }, transport: async () => transport });
  await expect((await openPlace(place, context)).probe()).rejects.toMatchObject({ code: 'forbidden' });
  expect(redactor.redact(`only ${token}@vm can deliver`).includes(token)).toBe(!hidden);
});

const secret = () => `fake-secret-${crypto.randomUUID()}`;
const written = (data: Record<string, unknown> | null, version = 1) => ({
  version,
  data,
  created_time: '2026-01-01T00:00:00Z',
});

it('changes one field, twice as once, and tells when', async () => {
  const { secrets, exchanges, open } = await started();
  secrets.set('billing', written({ user: 'app', port: 5432 }, 7));
  const place = await open('team/kv/billing#resend');
  expect(await place.probe()).toEqual([]);
  expect([await place.current?.(), await place.readBack?.(), secrets.get('billing')?.version]).toEqual([
    {},
    null,
    7,
  ]);
  const value = secret();
  for (const _ of [1, 2]) await place.deliver({ secret: value }, KEY);
  expect(secrets.get('billing')).toMatchObject({
    version: 8,
    data: { user: 'app', port: 5432, resend: value },
  });
  expect(exchanges.filter(({ method }) => method === 'PATCH').map(({ body }) => JSON.parse(body))).toEqual([
    { options: { cas: 7 }, data: { resend: value } },
  ]);
  expect(await place.current?.()).toEqual({ resend: value });
  expect(await place.readBack?.()).toEqual({ changed_at: Date.UTC(2026, 0, 1) + 8000 });
  expect(exchanges.map(({ path }) => path).join()).not.toContain(value);
});

it.each([['patch'], ['update']])('removes one field with "%s", and says what is left', async (capability) => {
  const { secrets, state, open } = await started();
  state.capabilities = ['read', capability];
  secrets.set('billing', written({ user: 'app', resend: 'old' }, 7));
  const place = await open('team/kv/billing#resend');
  expect([await place.erase?.(), await place.erase?.()]).toEqual([
    [expect.stringContaining('older versions')],
    [],
  ]);
  expect(secrets.get('billing')).toMatchObject({ version: 8, data: { user: 'app' } });
  expect(secrets.get('billing')?.data).not.toHaveProperty('resend');
});

it.each([
  ['was never written', undefined, 0],
  ['has its latest version deleted', written(null, 3), 3],
])('writes a secret that %s', async (_, before, version) => {
  const { secrets, state, exchanges, open } = await started();
  state.capabilities = ['read', 'create', 'update'];
  if (before !== undefined) secrets.set('billing', before);
  const place = await open('team/kv/billing');
  expect(await place.probe()).toEqual([]);
  const pair = { api_key: 'fake-id', secret_key: 'fake-secret' };
  await place.deliver(pair, KEY);
  const { body } = exchanges.at(-1) ?? { body: '{}' };
  expect(JSON.parse(body).options).toEqual({ cas: version });
  expect(secrets.get('billing')?.data).toEqual({ RESEND_API_KEY: JSON.stringify(pair) });
});

it('writes every field under a policy without "patch"', async () => {
  const { secrets, state, open } = await started();
  state.capabilities = ['read', 'update'];
  secrets.set('billing', written({ user: 'app' }));
  const place = await open('team/kv/billing#resend');
  expect(await place.probe()).toEqual([]);
  const value = secret();
  await place.deliver({ secret: value }, KEY);
  expect(secrets.get('billing')?.data).toEqual({ user: 'app', resend: value });
});

it('keeps what another program writes at the same time', async () => {
  const { secrets, state, open } = await started();
  secrets.set('billing', written({ user: 'app' }));
  state.before = () => {
    state.before = () => undefined;
    secrets.set('billing', written({ user: 'app', other: 'theirs' }, 2));
  };
  const value = secret();
  await (await open('team/kv/billing#resend')).deliver({ secret: value }, KEY);
  expect(secrets.get('billing')?.data).toEqual({ user: 'app', other: 'theirs', resend: value });
});

it('gives up where other programs keep writing', async () => {
  const { secrets, state, open } = await started();
  secrets.set('billing', written({ user: 'app' }));
  state.before = () =>
    secrets.set('billing', written({ user: 'app' }, (secrets.get('billing')?.version ?? 0) + 1));
  await expect((await open('team/kv/billing#a')).deliver({ secret: secret() }, KEY)).rejects.toMatchObject({
    code: 'delivery_failed',
  });
});

it('uses the token that vault login keeps', async () => {
  const { open } = await started();
  const HOME = temporaryFolder();
  writeFileSync(join(HOME, '.vault-token'), `${TOKEN}\n`);
  expect(await (await open('team/kv/billing', { HOME })).probe()).toEqual([]);
});

it.each([
  ['there is no token', 'team/kv/x', {}, ['create'], 'not_logged_in', 'vault login'],
  [
    'the token is not valid',
    'team/kv/x',
    { VAULT_TOKEN: 'fake-old' },
    ['create'],
    'forbidden',
    'vault login',
  ],
  [
    'the policy allows no writes',
    'team/kv/x',
    { VAULT_TOKEN: TOKEN },
    ['read'],
    'forbidden',
    'capabilities =',
  ],
  ['the engine is of version 1', 'old/x', { VAULT_TOKEN: TOKEN }, ['create'], 'refused', 'enable-versioning'],
  ['the mount is not there', 'none/x', { VAULT_TOKEN: TOKEN }, ['create'], 'forbidden', 'vault login'],
])('reports before anything is created that %s', async (_, text, env, capabilities, code, hint) => {
  const { state, open } = await started();
  state.capabilities = capabilities;
  const place = await open(text, { HOME: '/nonexistent', ...env });
  await expect(place.probe()).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) });
});
