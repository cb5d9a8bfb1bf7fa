import { expect, it } from 'vitest';
import { createKeyFinder } from '../../src/audit/repository/find-keys.js';
import { generateSecret } from '../../src/domain/secret-format.js';
import { KEYS_POLICY } from '../../src/service/policies/keys.js';
import { readOwnPrefixes } from '../../src/service/policies/own-prefixes.js';
import { TYLT_POLICY } from '../../src/service/policies/tylt.js';
import { idempotent, secretOf } from '../contract/key-service.js';
import { startTestService } from '../support/key-service-server.js';
import { testPostgres } from '../support/postgres.js';
import { testClient } from '../support/test-client.js';

const { all } = await testPostgres();
const stores = [
  ['SQLite', async () => ({})] as const,
  ...all.map((server) => [server.name, async () => ({ address: await server.freshAddress() })] as const),
];

it.each(stores)(
  'own prefixes over %s: new keys have them, later starts too, and older keys work on',
  async (_, place) => {
    const options = await place();
    const first = await startTestService(options);
    const before = await testClient(first.url, first.managementKey).service.create(
      { name: 'before' },
      idempotent(),
    );
    await first.close();
    const prefixes = ['acme_', 'test=acme_test_', 'public=acme_pub_'];
    const second = await startTestService({ ...options, dataDir: first.dataDir, prefixes });
    await second.close();
    const third = await startTestService({ ...options, dataDir: first.dataDir });
    const keys = testClient(third.url, third.managementKey).service;
    const create = async (request: object) =>
      secretOf(await keys.create({ name: 'k', ...request }, idempotent()));
    const live = await create({});
    expect(live).toMatch(/^acme_[0-9A-Za-z]{39}$/);
    expect(await create({ environment: 'test' })).toMatch(/^acme_test_/);
    expect(await create({ type: 'public', environment: 'test' })).toMatch(/^acme_pub_/);
    expect(await create({ scopes: ['keys:read'] })).toMatch(/^sk_live_/);
    const authorize = (key: string) =>
      fetch(`${third.url}/v1/authorize`, { headers: { authorization: `Bearer ${key}` } });
    expect([(await authorize(live)).status, (await authorize(secretOf(before))).status]).toEqual([204, 204]);
    const mistyped = await authorize(`${live.slice(0, -1)}${live.endsWith('0') ? '1' : '0'}`);
    expect([mistyped.status, (await mistyped.json()) as object]).toMatchObject([
      401,
      { details: { reason: 'mistyped' } },
    ]);
    const inAddress = await fetch(`${third.url}/v1/authorize?scope=${live}`);
    expect(inAddress.status).toBe(400);
    await third.close();
    const fourth = await startTestService({ ...options, dataDir: first.dataDir, prefixes: ['default'] });
    expect(
      secretOf(
        await testClient(fourth.url, fourth.managementKey).service.create({ name: 'z' }, idempotent()),
      ),
    ).toMatch(/^sk_live_/);
  },
);

it('refuses prefixes that would be mistaken for others', () => {
  const read = (...texts: string[]) => readOwnPrefixes(texts, KEYS_POLICY);
  expect(read('live=acme-live-', 'public.test=acme_pk_test_')).toEqual({
    live: 'acme-live-',
    'public.test': 'acme_pk_test_',
  });
  for (const text of [
    'acme',
    '1acme_',
    'sk_live_',
    'sk_',
    `${'a'.repeat(32)}_`,
    'prod=acme_',
    'public=acme_',
    'acme_pub_',
    'a b_',
  ]) {
    expect(() => read(text), text).toThrow(/^a prefix: /);
  }
  expect(() => readOwnPrefixes(['acme_'], TYLT_POLICY)).toThrow('under the policy tylt');
});

it('finds leaked keys with own prefixes by their checksum, and no public ones', () => {
  const find = createKeyFinder();
  const [secret, open] = [generateSecret('acme_live_'), generateSecret('acme_pub_')];
  const text = `first\nKEY="${secret}" x_${secret.slice(0, -1)}_ ${open} my-${secret}\n`;
  expect(find(text).map(({ kind, line, masked }) => ({ kind, line, masked }))).toEqual([
    { kind: 'ours', line: 2, masked: `acme_live_…${secret.slice(-4)}` },
    { kind: 'ours', line: 2, masked: `acme_live_…${secret.slice(-4)}` },
  ]);
});
