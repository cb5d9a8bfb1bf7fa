import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { PlaceKey } from '../../src/places/place.js';
import { openPlace, parsePlace, withNames } from '../../src/places/registry.js';
import { fakePlaceContext } from '../support/fake-place-context.js';
import { recordedProgram } from '../support/recorded-program.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { loopbackApi } from '../support/vendor-api.js';
import { gitlabApi } from './fixtures/gitlab-api.js';

const PROGRAM = fileURLToPath(new URL('fixtures/api-program.mjs', import.meta.url));
const KEY: PlaceKey = { name: 'billing', id: 'key_1', provider: 'resend', variables: ['RESEND_API_KEY'] };
const here = { directory: '/', env: {} };

it.each([
  ['acme/billing#WEB_KEY', {}, 'acme/billing#WEB_KEY'],
  ['acme/group/bill.ing#A,B@review/*', {}, 'acme/group/bill.ing#A,B@review/*'],
  ['acme/billing#A', { GITLAB_HOST: 'https://gitlab.acme.com/' }, 'https://gitlab.acme.com/acme/billing#A'],
  ['https://gitlab.acme.com/acme/billing#A', {}, 'https://gitlab.acme.com/acme/billing#A'],
])('reads gitlab:%s with %j', async (text, env, address) => {
  const place = await parsePlace(`gitlab:${text}`, { directory: '/', env });
  expect(place.address).toBe(`gitlab:${address}`);
  expect(await parsePlace(place.address, here)).toEqual(place);
});

it.each(['billing#A', 'acme/#A', '-x/billing#A', 'acme/billing#lower', 'acme/../billing#A'])(
  'refuses gitlab:%s',
  async (text) => {
    await expect(parsePlace(`gitlab:${text}`, here)).rejects.toMatchObject({ code: 'usage' });
  },
);

/** A program in the place of glab: Debian has none. */
async function started() {
  const token = 'fake-gitlab-token';
  const api = gitlabApi(token);
  const { url } = await loopbackApi(api.respond);
  const glab = recordedProgram('glab', `exec '${process.execPath}' ${PROGRAM} glab ${url} "$@"`);
  const open = async (text: string, changes: Record<string, string> = {}) => {
    const env = { PATH: glab.path, HOME: temporaryFolder(), GITLAB_TOKEN: token, ...changes };
    return await openPlace(
      await withNames(await parsePlace(`gitlab:${text}`, here), KEY.variables),
      fakePlaceContext({ env }),
    );
  };
  return { ...api, glab, open };
}
const secret = () => `fake-secret-${crypto.randomUUID()}`;

it.each(['*', 'production'])('changes the value alone in the scope %s', async (scope) => {
  const { variables, glab, open } = await started();
  const settings = {
    key: 'RESEND_API_KEY',
    masked: false,
    protected: true,
    raw: false,
    variable_type: 'file',
  };
  for (const one of ['*', 'production'])
    variables.push({ ...settings, environment_scope: one, value: 'old' });
  const place = await open(scope === '*' ? 'acme/billing' : `acme/billing@${scope}`);
  expect(await place.probe()).toEqual([]);
  expect(await place.current?.()).toEqual({ RESEND_API_KEY: 'old' });
  const value = secret();
  for (const _ of [1, 2]) await place.deliver({ secret: value }, KEY);
  expect(variables).toEqual(
    ['*', 'production'].map((one) => ({
      ...settings,
      environment_scope: one,
      value: one === scope ? value : 'old',
    })),
  );
  expect(glab.recorded()).not.toContain(value);
});

it('removes the variable of its scope, and does nothing a second time', async () => {
  const { variables, open } = await started();
  for (const one of ['*', 'production'])
    variables.push({ key: 'RESEND_API_KEY', environment_scope: one, value: 'old' });
  const place = await open('acme/billing@production');
  for (const _ of [1, 2]) expect(await place.erase?.()).toEqual([]);
  expect(variables.map(({ environment_scope }) => environment_scope)).toEqual(['*']);
});

it('creates a variable that is masked and not expanded', async () => {
  const { variables, open } = await started();
  const place = await open('acme/billing#WEB_KEY@production');
  expect([await place.probe(), await place.current?.()]).toEqual([[expect.stringContaining('masked')], {}]);
  const value = secret();
  await place.deliver({ secret: value }, KEY);
  expect(variables).toMatchObject([
    { key: 'WEB_KEY', value, masked: true, raw: true, protected: false, environment_scope: 'production' },
  ]);
});

it.each([
  [
    'there is no login',
    'acme/billing',
    { GITLAB_TOKEN: '' },
    'not_logged_in',
    'glab auth login --hostname gitlab.com',
  ],
  ['the project is not there', 'acme/none', {}, 'not_found', 'glab auth status'],
  ['glab is not installed', 'acme/billing', { PATH: '/nonexistent' }, 'usage', 'gitlab.com/gitlab-org/cli'],
])('reports before anything is created that %s', async (_, text, env, code, hint) => {
  const { open } = await started();
  await expect((await open(text, env as Record<string, string>)).probe()).rejects.toMatchObject({
    code,
    hint: expect.stringContaining(hint),
  });
});
