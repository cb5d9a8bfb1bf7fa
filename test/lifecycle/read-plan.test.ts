import { expect, it } from 'vitest';
import { readPlan } from '../../src/lifecycle/places/read-plan.js';
import { parsePlace } from '../../src/places/registry.js';
import { fromOlderOperation, type OlderOperation } from '../../src/storage/ledger/older-operation.js';

const older = (...plans: Array<OlderOperation['deliveries'][number]['plan']>) =>
  fromOlderOperation({
    ...{
      id: 'op_1',
      kind: 'create',
      address: 'embedded',
      idempotencyKey: 'x',
      idempotent: true,
      verify: false,
    },
    target: { provider: 'keys', profile: null, baseUrl: null, set: {}, useEnvironmentKey: false },
    ...{ request: { create: { name: 'web' } }, key: null, previous: null, escrow: null, retire: null },
    deliveries: plans.map((plan) => ({ plan, label: 'a place', delivered: false })),
    ...{ step: 'minted', created_at: 4 },
  });
const read = (spec: Readonly<Record<string, unknown>>) => readPlan({ label: '.env', spec });

it('reads the deliveries of the version before as the places that --to says today', async () => {
  const { deliveries } = older(
    { kind: 'env-file', path: '/app/.env', name: 'WEB' },
    { kind: 'exec', command: 'cat > key', directory: '/app' },
    { kind: 'github', file: 'GITHUB_OUTPUT', name: 'WEB' },
  );
  const texts = ['/app/.env#WEB', 'exec:cat > key', 'github-output:WEB'];
  const places = await Promise.all(texts.map((text) => parsePlace(text, { directory: '/app', env: {} })));
  expect(deliveries.map(({ place }) => readPlan(place))).toEqual(places);
  expect(deliveries.map(({ remembered }) => remembered)).toEqual([true, true, false]);
});

it('reads the saved and printed secrets of the version before', () => {
  const { deliveries } = older(
    { kind: 'save', item: 'saved:op_1', insecureStorage: true },
    { kind: 'stdout', form: 'env', shell: 'fish', name: 'WEB' },
    { kind: 'stdout', form: 'raw' },
  );
  expect(deliveries.map(({ place }) => readPlan(place))).toMatchObject([
    { kind: 'keychain', target: { item: 'saved:op_1', storage: 'file' } },
    { kind: 'stdout', form: 'env', shell: 'fish', names: ['WEB'] },
    { kind: 'stdout', form: 'raw' },
  ]);
});

it('refuses a place that another version wrote or somebody edited, and says which place', () => {
  const place = {
    kind: 'file',
    target: { path: '/app/.env' },
    names: ['WEB'],
    address: 'file:/app/.env#WEB',
  };
  expect(read(place)).toEqual(place);
  const { names: _, ...nameless } = place;
  for (const spec of [
    {},
    nameless,
    { ...place, names: 'WEB' },
    { ...place, target: { path: 7 } },
    { ...place, address: null },
    { ...place, kind: 'keychain' },
    { ...place, kind: 'stdout' },
    { kind: 'stdout', form: 'env', shell: 'csh', names: ['WEB'] },
    { kind: 'env-file', path: '/app/.env', name: 'WEB' },
  ]) {
    expect(() => read(spec)).toThrow(
      expect.objectContaining({ code: 'refused', message: expect.stringContaining('the place .env') }),
    );
  }
});
