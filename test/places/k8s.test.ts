import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PlaceKey, Whose } from '../../src/places/place.js';
import { openPlace, parsePlace, withNames } from '../../src/places/registry.js';
import { fakePlaceContext } from '../support/fake-place-context.js';
import { missing } from '../support/needs.js';
import { recordedProgram } from '../support/recorded-program.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { loopbackApi } from '../support/vendor-api.js';
import { kubernetesApi } from './fixtures/kubernetes-api.js';

const KEY: PlaceKey = {
  name: 'purge',
  id: 'key_1',
  provider: 'cloudflare',
  variables: ['CLOUDFLARE_API_TOKEN'],
};
const here = { directory: '/', env: {} };

it.each([
  ['prod/edge/purger#token.txt', { context: 'prod', namespace: 'edge', secret: 'purger' }],
  [
    'arn:aws:eks:eu-west-1:123456789012:cluster/prod/edge/purger#A',
    { context: 'arn:aws:eks:eu-west-1:123456789012:cluster/prod' },
  ],
])('reads k8s:%s', async (text, target) => {
  expect(await parsePlace(`k8s:${text}`, here)).toMatchObject({ address: `k8s:${text}`, target });
});

it.each(['edge/purger#A', '-x/edge/purger#A', 'prod/Edge/purger#A', 'prod/edge/purger#A/B', 'prod//purger'])(
  'refuses k8s:%s',
  async (text) => {
    await expect(parsePlace(`k8s:${text}`, here)).rejects.toMatchObject({ code: 'usage' });
  },
);

describe.skipIf(missing('kubectl'))('with kubectl', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const settings = () => ({
    type: 'Opaque',
    metadata: { name: 'purger', namespace: 'edge', labels: { team: 'edge' } },
    data: { OTHER: base64('other value') } as Record<string, string>,
  });

  /** The real kubectl with a kubeconfig whose context `prod` is the loopback server. */
  async function started(secret: Parameters<typeof kubernetesApi>[0] = settings()) {
    const api = kubernetesApi(secret);
    const { url, exchanges } = await loopbackApi(api.respond);
    const config = join(temporaryFolder(), 'kubeconfig');
    const user = { name: 'ci', user: {} };
    const [cluster, context] = [
      { name: 'c', cluster: { server: url } },
      { name: 'prod', context: { cluster: 'c', user: 'ci' } },
    ];
    const parts = { clusters: [cluster], users: [user], contexts: [context], 'current-context': 'other' };
    writeFileSync(config, JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...parts }));
    const kubectl = recordedProgram('kubectl');
    const env = { PATH: kubectl.path, HOME: temporaryFolder(), KUBECONFIG: config };
    const open = async (text: string, whose?: Whose) => {
      const place = await withNames(await parsePlace(`k8s:${text}`, here), KEY.variables);
      return await openPlace(whose === undefined ? place : { ...place, whose }, fakePlaceContext({ env }));
    };
    return { ...api, url, secret, kubectl, exchanges, open };
  }

  it('refuses a context that is another cluster than at the last delivery', async () => {
    const { open, exchanges, url } = await started();
    const first = await open('prod/edge/purger');
    expect(await first.whose?.read()).toEqual({ cluster: url });
    const same = await open('prod/edge/purger', { cluster: url });
    expect(await same.probe()).toEqual([]);
    const before = exchanges.length;
    const other = await open('prod/edge/purger', { cluster: 'https://other.example:6443' });
    const deliver = () => other.deliver({ secret: 'fake-secret' }, KEY);
    for (const one of [other.probe, deliver, () => other.erase?.()]) {
      await expect(one()).rejects.toMatchObject({
        code: 'refused',
        message: expect.stringContaining(`is of cluster https://other.example:6443, and this is ${url}`),
        hint: expect.stringContaining('KUBECONFIG'),
      });
    }
    expect(exchanges).toHaveLength(before);
  });

  it('changes one key of the Secret, twice as once, reads it back, and removes it', async () => {
    const { open, secret, kubectl, exchanges } = await started();
    const value = `fake-secret-${crypto.randomUUID()}`;
    const place = await open('prod/edge/purger');
    expect(await place.probe()).toEqual([]);
    expect([secret, await place.current?.()]).toEqual([settings(), {}]);
    for (const _ of [1, 2]) await place.deliver({ secret: value }, KEY);
    const before = settings();
    expect(secret).toEqual({ ...before, data: { ...before.data, CLOUDFLARE_API_TOKEN: base64(value) } });
    expect(await place.current?.()).toEqual({ CLOUDFLARE_API_TOKEN: value });
    expect(kubectl.recorded()).not.toContain(value);
    expect(kubectl.recorded()).not.toContain(base64(value));
    expect(exchanges.filter(({ method }) => method === 'PATCH')).toHaveLength(3);
    await place.erase?.();
    expect(secret).toEqual(settings());
  });

  it('delivers a pair as JSON', async () => {
    const { open, secret } = await started();
    const pair = { api_key: 'fake-id', secret_key: 'fake-secret' };
    await (await open('prod/edge/purger#pair.json')).deliver(pair, KEY);
    expect(JSON.parse(Buffer.from(secret.data?.['pair.json'] ?? '', 'base64').toString())).toEqual(pair);
  });

  it('fills a Secret that is empty', async () => {
    const { open, secret } = await started({ type: 'Opaque' });
    const place = await open('prod/edge/purger#A');
    expect(await place.current?.()).toEqual({});
    await place.deliver({ secret: 'fake-secret' }, KEY);
    expect(secret.data).toEqual({ A: base64('fake-secret') });
  });

  it.each([
    ['the context is not there', 'none/edge/purger', {}, 'usage', 'get-contexts'],
    ['the Secret is not there', 'prod/edge/other', {}, 'not_found', 'create secret generic other'],
    ['the Secret is immutable', 'prod/edge/purger', { immutable: true }, 'refused', 'create another'],
  ])('reports before anything is created that %s', async (_, text, facts, code, hint) => {
    const { open } = await started({ ...settings(), ...facts });
    await expect((await open(text)).probe()).rejects.toMatchObject({
      code,
      hint: expect.stringContaining(hint),
    });
  });

  it.each([
    ['the login is not valid', 401, 'Unauthorized', 'not_logged_in', 'context prod'],
    ['the login may not change the Secret', 403, 'Forbidden', 'forbidden', 'auth can-i patch secrets/purger'],
  ] as const)('reports before anything is created that %s', async (_, status, reason, code, hint) => {
    const { open, refuse } = await started();
    refuse(status, reason);
    await expect((await open('prod/edge/purger')).probe()).rejects.toMatchObject({
      code,
      hint: expect.stringContaining(hint),
    });
  });
});
