import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PlaceKey } from '../../src/places/place.js';
import { openPlace, parsePlace, withNames } from '../../src/places/registry.js';
import { fakePlaceContext } from '../support/fake-place-context.js';
import { missing } from '../support/needs.js';
import { recordedProgram } from '../support/recorded-program.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { loopbackApi } from '../support/vendor-api.js';
import { ACCOUNT, cloudflareWorkersApi } from './fixtures/cloudflare-workers-api.js';

const KEY: PlaceKey = { name: 'edge', id: 'key_1', provider: 'resend', variables: ['RESEND_API_KEY'] };
const here = { directory: '/', env: {} };
const opened = async (text: string, env: Record<string, string>) =>
  await openPlace(
    await withNames(await parsePlace(`cloudflare-worker:${text}`, here), KEY.variables),
    fakePlaceContext({ env }),
  );

it.each([`${ACCOUNT}/edge#WEB_KEY`, `${ACCOUNT}/edge`])('reads cloudflare-worker:%s', async (text) => {
  expect((await parsePlace(`cloudflare-worker:${text}`, here)).address).toBe(`cloudflare-worker:${text}`);
});

it.each(['edge#A', 'acme/edge#A', `${ACCOUNT}/-edge#A`, `${ACCOUNT}/edge/x#A`])(
  'refuses cloudflare-worker:%s',
  async (text) => {
    await expect(parsePlace(`cloudflare-worker:${text}`, here)).rejects.toMatchObject({ code: 'usage' });
  },
);

describe('with a program in the place of wrangler', () => {
  const started = () => {
    const folder = temporaryFolder();
    const exists = join(folder, 'exists');
    const wrangler = recordedProgram(
      'wrangler',
      [
        `[ "$CLOUDFLARE_ACCOUNT_ID" = ${ACCOUNT} ] || exit 9`,
        `if [ "$1 $2" = "secret list" ] && [ ! -e ${exists} ]; then`,
        '  echo "✘ [ERROR] Worker \\"$4\\" not found." >&2; exit 1; fi',
        `if [ "$1 $2" = "secret put" ]; then cat > ${folder}/$3; echo "created $(cat ${folder}/$3)"; fi`,
      ].join('\n'),
    );
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    return { wrangler, read, deploy: () => writeFileSync(exists, ''), env: { PATH: wrangler.path } };
  };

  it('delivers each part of a pair on stdin, with nothing added', async () => {
    const { wrangler, read, deploy, env } = started();
    deploy();
    const value = `fake-secret-${crypto.randomUUID()}`;
    const place = await openPlace(
      await withNames(await parsePlace(`cloudflare-worker:${ACCOUNT}/edge#A,B`, here), ['ID', 'SECRET']),
      fakePlaceContext({ env }),
    );
    expect(await place.probe()).toEqual([]);
    await place.deliver({ api_key: 'fake-id', secret_key: value }, KEY);
    expect([read('A'), read('B')]).toEqual(['fake-id', value]);
    expect(wrangler.recorded()).not.toContain(value);
  });

  it('never creates a Worker', async () => {
    const { wrangler, env } = started();
    const place = await opened(`${ACCOUNT}/edge`, env);
    for (const attempt of [() => place.probe(), () => place.deliver({ secret: 'fake' }, KEY)]) {
      await expect(attempt()).rejects.toMatchObject({
        code: 'not_found',
        hint: expect.stringContaining('deploy'),
      });
    }
    expect(wrangler.calls().filter((call) => call.startsWith('secret put'))).toEqual([]);
  });
});

describe.skipIf(missing('wrangler'))('with wrangler', () => {
  async function started() {
    const token = 'fake-cloudflare-token';
    const api = cloudflareWorkersApi(token);
    const { url } = await loopbackApi(api.respond);
    const wrangler = recordedProgram('wrangler');
    const address = { CLOUDFLARE_API_BASE_URL: `${url}/client/v4` };
    const env = { PATH: wrangler.path, HOME: temporaryFolder(), CLOUDFLARE_API_TOKEN: token, ...address };
    return { ...api, wrangler, env };
  }

  it('sets one secret of a Worker, and never creates a Worker', async () => {
    const { workers, wrangler, env } = await started();
    workers.get('edge')?.set('OTHER', 'other value');
    const value = `fake-secret-${crypto.randomUUID()}`;
    const place = await opened(`${ACCOUNT}/edge`, env);
    expect(await place.probe()).toEqual([]);
    await place.deliver({ secret: value }, KEY);
    expect([...(workers.get('edge') ?? [])]).toEqual([
      ['OTHER', 'other value'],
      ['RESEND_API_KEY', value],
    ]);
    expect(wrangler.recorded()).not.toContain(value);
    expect(await place.erase?.()).toEqual([]);
    expect([...(workers.get('edge') ?? [])]).toEqual([['OTHER', 'other value']]);
    const none = await opened(`${ACCOUNT}/none`, env);
    await expect(none.deliver({ secret: value }, KEY)).rejects.toMatchObject({ code: 'not_found' });
    expect([...workers.keys()]).toEqual(['edge']);
  });

  it('reports that there is no login', async () => {
    const { env } = await started();
    for (const token of ['', 'fake-other']) {
      const place = await opened(`${ACCOUNT}/edge`, { ...env, CLOUDFLARE_API_TOKEN: token });
      await expect(place.probe()).rejects.toMatchObject({
        code: 'not_logged_in',
        hint: expect.stringContaining('wrangler login'),
      });
    }
  });
});
