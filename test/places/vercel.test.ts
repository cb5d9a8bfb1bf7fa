import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { PlaceKey } from '../../src/places/place.js';
import { openPlace, parsePlace, withNames } from '../../src/places/registry.js';
import { fakePlaceContext } from '../support/fake-place-context.js';
import { missing } from '../support/needs.js';
import { recordedProgram } from '../support/recorded-program.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { loopbackApi } from '../support/vendor-api.js';
import { vercelApi } from './fixtures/vercel-api.js';

const PROGRAM = fileURLToPath(new URL('fixtures/api-program.mjs', import.meta.url));
const KEY: PlaceKey = { name: 'web', id: 'key_1', provider: 'resend', variables: ['RESEND_API_KEY'] };
const here = { directory: '/', env: {} };

it.each(['acme/web#WEB_KEY@production', 'acme/web.site#A,B@preview', 'acme/web@env_custom'])(
  'reads vercel:%s',
  async (text) => {
    expect((await parsePlace(`vercel:${text}`, here)).address).toBe(`vercel:${text}`);
  },
);

it.each([
  'acme/web#WEB_KEY',
  'web#WEB_KEY@production',
  '--scope/web@production',
  'acme/web#lower@production',
])('refuses vercel:%s', async (text) => {
  await expect(parsePlace(`vercel:${text}`, here)).rejects.toMatchObject({ code: 'usage' });
});

describe.each([
  ['vercel', (url: string) => `exec "$REAL" "$@" --api ${url}`, missing('vercel')],
  [
    'a program in its place',
    (url: string) => `exec '${process.execPath}' ${PROGRAM} vercel ${url} "$@"`,
    false,
  ],
])('with %s', (_, program, isMissing) => {
  const token = 'fakeVercelToken';
  async function started() {
    const api = vercelApi(token);
    const { url } = await loopbackApi(api.respond);
    const vercel = recordedProgram('vercel', program(url));
    const open = async (text: string, changes: Record<string, string> = {}) => {
      const env = { PATH: vercel.path, HOME: temporaryFolder(), VERCEL_TOKEN: token, ...changes };
      return await openPlace(
        await withNames(await parsePlace(`vercel:${text}`, here), KEY.variables),
        fakePlaceContext({ env }),
      );
    };
    return { ...api, vercel, open };
  }

  it.skipIf(isMissing)('changes the value alone, and tells when', async () => {
    const { variables, vercel, open } = await started();
    const settings = {
      key: 'RESEND_API_KEY',
      type: 'encrypted',
      target: ['production', 'preview'],
      comment: 'mail',
    };
    const other = {
      id: 'env_2',
      key: 'RESEND_API_KEY',
      type: 'plain',
      target: ['production'],
      gitBranch: 'next',
      value: 'old',
    };
    variables.push({ id: 'env_1', ...settings, value: 'old' }, other);
    const value = `fake-secret-${crypto.randomUUID()}`;
    const place = await open('acme/web@production');
    expect(await place.probe()).toEqual([expect.stringContaining('production and preview')]);
    await place.deliver({ secret: value }, KEY);
    expect(variables).toEqual([{ id: 'env_1', ...settings, value, updatedAt: 1_767_225_700_000 }, other]);
    expect(await place.readBack?.()).toEqual({ changed_at: 1_767_225_700_000 });
    expect(vercel.recorded()).not.toContain(value);
  });

  it.skipIf(isMissing)('removes a variable, but not one that other environments have too', async () => {
    const { variables, open } = await started();
    const variable = (id: string, key: string, ...target: string[]) => ({
      id,
      key,
      type: 'sensitive',
      target,
    });
    variables.push(variable('env_1', 'A', 'production'), variable('env_2', 'B', 'production', 'preview'));
    expect(await (await open('acme/web#A@production')).erase?.()).toEqual([
      expect.stringContaining('deployments'),
    ]);
    expect(variables.map(({ key }) => key)).toEqual(['B']);
    await expect((await open('acme/web#B@production')).erase?.()).rejects.toMatchObject({
      code: 'refused',
      message: 'B has one value for production and preview',
    });
    expect(variables.map(({ key }) => key)).toEqual(['B']);
  });

  it.skipIf(isMissing)('creates a variable that is sensitive', async () => {
    const { variables, open } = await started();
    const place = await open('acme/web#WEB_KEY@preview');
    expect([await place.probe(), await place.readBack?.()]).toEqual([[], null]);
    await place.deliver({ secret: 'fake-secret' }, KEY);
    expect(variables).toMatchObject([
      { key: 'WEB_KEY', type: 'sensitive', target: ['preview'], value: 'fake-secret' },
    ]);
  });

  it.skipIf(isMissing).each([
    ['there is no login', 'acme/web@production', { VERCEL_TOKEN: '' }, 'not_logged_in', 'vercel login'],
    ['the project is not there', 'acme/none@production', {}, 'not_found', 'vercel project ls'],
  ])('reports before anything is created that %s', async (_case, text, env, code, hint) => {
    const { open } = await started();
    await expect((await open(text, env as Record<string, string>)).probe()).rejects.toMatchObject({
      code,
      hint: expect.stringContaining(hint),
    });
  });
});
