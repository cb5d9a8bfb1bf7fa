import { describe, expect, it, onTestFinished } from 'vitest';
import type { Place, PlaceKey } from '../../src/places/place.js';
import { openPlace, parsePlace, withNames } from '../../src/places/registry.js';
import { fakePlaceContext } from '../support/fake-place-context.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { missing } from '../support/needs.js';
import { recordedProgram } from '../support/recorded-program.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { loopbackApi } from '../support/vendor-api.js';
import { githubApi } from './fixtures/github-api.js';

const HOST = 'github.localhost';
const KEY: PlaceKey = { name: 'billing', id: 'key_1', provider: 'resend', variables: ['RESEND_API_KEY'] };
const here = { directory: '/', env: {} };

it.each([
  ['acme/billing#WEB_KEY', { host: 'github.com', owner: 'acme', repository: 'billing' }],
  ['acme/billing#WEB_KEY@eu/west 1', { owner: 'acme', repository: 'billing', environment: 'eu/west 1' }],
  ['acme/bill.ing#A,B', { repository: 'bill.ing' }],
  ['acme#WEB_KEY', { owner: 'acme' }],
  ['ghe.acme.com/acme/billing#WEB_KEY', { host: 'ghe.acme.com', owner: 'acme', repository: 'billing' }],
  ['ghe.acme.com/acme#WEB_KEY', { host: 'ghe.acme.com', owner: 'acme' }],
])('reads github:%s', async (text, target) => {
  const place = await parsePlace(`github:${text}`, here);
  expect(place).toMatchObject({ address: `github:${text}`, target });
});

it('stores the host that the shell means', async () => {
  const place = await parsePlace('github:acme/billing#A', { ...here, env: { GH_HOST: 'ghe.acme.com' } });
  expect(place.address).toBe('github:ghe.acme.com/acme/billing#A');
});

it.each([
  '',
  'acme/',
  'a/b/c',
  '-acme/x#A',
  'acme/x y',
  'acme#A@production',
  'acme/x#GITHUB_TOKEN',
  'acme/x#lower',
])('refuses github:%s', async (text) => {
  await expect(parsePlace(`github:${text}`, here)).rejects.toMatchObject({ code: 'usage' });
});

it('reports that gh is not installed', async () => {
  const place = await parsePlace('github:acme/billing#A', here);
  const opened = await openPlace(place, fakePlaceContext({ env: { PATH: '/nonexistent' } }));
  await expect(opened.probe()).rejects.toMatchObject({
    code: 'usage',
    message: 'gh is not installed',
    hint: expect.stringContaining('https://cli.github.com'),
  });
});

describe.skipIf(missing('gh'))('with gh', () => {
  /** The real gh, which sends what is for this host to a proxy: the loopback server. */
  async function started() {
    const token = 'fake-token-of-gh';
    const api = await githubApi(token);
    const { url, exchanges } = await loopbackApi(api.respond);
    const gh = recordedProgram('gh');
    const env = { PATH: gh.path, HOME: temporaryFolder(), HTTP_PROXY: url, GH_TOKEN: token };
    const open = async (text: string, changes: Record<string, string> = {}, variables = KEY.variables) => {
      const place: Place = await withNames(await parsePlace(`github:${HOST}/${text}`, here), variables);
      return await openPlace(place, fakePlaceContext({ env: { ...env, ...changes } }));
    };
    return { ...api, env, gh, exchanges, open };
  }
  const secret = () => `fake-secret-${crypto.randomUUID()}`;

  it.each([
    ['acme/billing', '/repos/acme/billing/actions/secrets/RESEND_API_KEY'],
    ['acme/billing@production', '/repos/acme/billing/environments/production/secrets/RESEND_API_KEY'],
    ['acme#OTHER', '/orgs/acme/actions/secrets/OTHER'],
  ])('delivers to %s, twice as once, tells when, and removes it', async (text, path) => {
    const { open, secrets, gh, exchanges } = await started();
    const value = secret();
    const place = await open(text);
    await place.probe();
    expect(exchanges.every(({ method }) => method === 'GET')).toBe(true);
    expect(await place.readBack?.()).toBeNull();
    for (const _ of [1, 2]) await place.deliver({ secret: value }, KEY);
    expect([...secrets].map(([at, { value: held }]) => [at, held])).toEqual([[path, value]]);
    expect(await place.readBack?.()).toEqual({ changed_at: Date.parse(secrets.get(path)?.updated_at ?? '') });
    for (const _ of [1, 2]) await place.erase?.();
    expect(secrets.size).toBe(0);
    expect(gh.recorded()).not.toContain(value);
    expect(exchanges.map(({ body }) => body).join()).not.toContain(value);
  });

  it('delivers a pair to two secrets', async () => {
    const { open, secrets } = await started();
    const [id, value] = [secret(), secret()];
    const place = await open('acme/billing#A,B', {}, ['ID', 'SECRET']);
    await place.deliver({ api_key: id, secret_key: value }, KEY);
    expect([...secrets.values()].map(({ value: held }) => held)).toEqual([id, value]);
  });

  it.each([
    [{ visibility: 'all', repositories: undefined }],
    [{ visibility: 'selected', repositories: [2] }],
  ])('keeps who sees a secret of an organization: %j', async (settings) => {
    const { open, secrets } = await started();
    const path = '/orgs/acme/actions/secrets/WEB';
    secrets.set(path, { value: 'old', updated_at: '2025-01-01T00:00:00Z', ...settings });
    const place = await open('acme#WEB');
    expect(await place.probe()).toEqual([]);
    const value = secret();
    await place.deliver({ secret: value }, KEY);
    expect(secrets.get(path)).toMatchObject({ value, ...settings });
  });

  it('says that the private repositories will see a new secret of an organization', async () => {
    const { open } = await started();
    expect(await (await open('acme#WEB')).probe()).toEqual([expect.stringContaining('private repositories')]);
  });

  it('refuses a secret that no repository may see: gh cannot keep that', async () => {
    const { open, secrets } = await started();
    const settings = { visibility: 'selected', repositories: [] };
    secrets.set('/orgs/acme/actions/secrets/WEB', {
      value: 'old',
      updated_at: '2025-01-01T00:00:00Z',
      ...settings,
    });
    await expect((await open('acme#WEB')).deliver({ secret: secret() }, KEY)).rejects.toMatchObject({
      code: 'refused',
    });
    expect(secrets.get('/orgs/acme/actions/secrets/WEB')?.value).toBe('old');
  });

  it.each([
    ['there is no login', 'acme/billing', { GH_TOKEN: '' }, 'not_logged_in', 'gh auth login --hostname'],
    ['the login is not valid', 'acme/billing', { GH_TOKEN: 'fake-other' }, 'not_logged_in', 'gh auth login'],
    ['the repository is not there', 'acme/none', {}, 'not_found', 'gh auth status'],
    ['the environment is not there', 'acme/billing@none', {}, 'not_found', 'gh auth status'],
    [
      'the network is not there',
      'acme/billing',
      { HTTP_PROXY: 'http://127.0.0.1:9' },
      'unreachable',
      undefined,
    ],
  ])('reports before anything is created that %s', async (_, text, env, code, hint) => {
    const { open } = await started();
    await expect((await open(text, env as Record<string, string>)).probe()).rejects.toMatchObject({
      code,
      ...(hint === undefined ? {} : { hint: expect.stringContaining(hint) }),
    });
  });

  it('gets a new secret with every roll of keys', async () => {
    const { secrets, env } = await started();
    const { HOME: _, ...rest } = env;
    const keys = await keysInProcess(rest);
    onTestFinished(() => keys.remove());
    const held = () => secrets.get('/repos/acme/billing/actions/secrets/WEB_KEY')?.value;
    const place = `github:${HOST}/acme/billing#WEB_KEY`;
    const created = await keys.run(['create', 'web', '--to', place]);
    expect(created.code, created.stderr).toBe(0);
    const first = held();
    expect((await keys.run(['roll', 'web', '--now', '--yes'])).code).toBe(0);
    expect([first, held()]).toEqual([expect.stringMatching(/^sk_live_/), expect.stringMatching(/^sk_live_/)]);
    expect(held()).not.toBe(first);
    expect(created.stdout + created.stderr).not.toContain(first);
  });

  it.each([
    [{ archived: true }, /archived/],
    [{ permissions: { push: false } }, /may not write/],
  ])('refuses a repository with %j', async (facts, message) => {
    const { open, set } = await started();
    set(facts);
    await expect((await open('acme/billing')).probe()).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(message),
    });
  });
});
