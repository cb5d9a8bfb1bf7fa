import { randomBytes } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import type { Key } from '../../src/domain/key.js';
import type { CreateKey, KeyService } from '../../src/domain/key-service.js';
import { createRequest } from '../../src/http/wire/request-schemas.js';
import type { AccountConnection } from '../../src/lifecycle/account-connection.js';
import { planRoll, type RollChoices } from '../../src/lifecycle/roll/plan-roll.js';
import { requestAnew } from '../../src/lifecycle/roll/rights-now.js';
import { successorRules } from '../../src/lifecycle/roll/successor-rules.js';
import { loadProvider } from '../../src/providers/registry.js';
import { openEmbeddedService } from '../../src/service/embedded.js';
import type { Operation } from '../../src/storage/ledger/operation.js';
import { DAY, isoSeconds, settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const clock = settableClock();
const OTHER_END = isoSeconds(clock.now() + 60 * DAY);

/** Every member that a create at our own service takes, each other than its default. */
const asked: Required<Omit<CreateKey, 'options'>> = {
  ...{ name: 'web', type: 'public', environment: 'test', service: 'shop', owner: 'acme' },
  expires_at: isoSeconds(clock.now() + 30 * DAY),
  scopes: ['a:read'],
  restrictions: { ips: ['192.0.2.0/24'], referrers: ['https://shop.example/*'], endpoints: ['GET /v1/*'] },
  limits: { rate: '100/min', quota: '10000/month', uses: 5_000 },
  metadata: { team: 'web' },
};
const MEMBERS = Object.keys(createRequest().def.shape) as Array<keyof typeof asked>;

interface Scene {
  readonly service: KeyService;
  readonly connection: AccountConnection;
}

async function ownService(): Promise<Scene> {
  const { service, close } = await openEmbeddedService(temporaryFolder(), clock);
  onTestFinished(close);
  const provider = await loadProvider('keys');
  const target = { provider: 'keys', profile: null, baseUrl: null, set: {}, useEnvironmentKey: false };
  const connection: AccountConnection = {
    ...{ kind: 'embedded', isKeyService: true, address: 'embedded', target },
    ...{ provider, roll: provider.roll, service },
  };
  return { service, connection };
}

const fresh = () => ({ idempotencyKey: randomBytes(32).toString('base64url') });

async function create({ service }: Scene, request: Operation['request']): Promise<Key> {
  if (!('create' in request)) throw new Error('the service rolls it by itself');
  return (await service.create(request.create, fresh())).key;
}

const planned = (choices: RollChoices) => async (old: Key, scene: Scene) =>
  await create(scene, planRoll(old, null, choices, scene.connection, clock.now()).request);

/** Creates the successor again, as it is done after the response of its roll was lost. */
async function anew(old: Key, scene: Scene): Promise<Key> {
  const { service, connection } = scene;
  await service.roll(old.id, { grace_seconds: 60 }, fresh());
  const rolled = { request: { roll: old.id, name: old.name }, previous: old };
  const rules = successorRules(connection);
  const { request } = await requestAnew(rolled, null, {
    service,
    clock,
    successorRules: rules,
    minutesAhead: () => null,
  });
  return await create(scene, request);
}

type Way = (old: Key, scene: Scene) => Promise<Key>;
/** Every way to a successor, and what the way itself changes. */
const WAYS: ReadonlyArray<readonly [string, Way, Partial<typeof asked>]> = [
  ["the service's own roll", async ({ id }, { service }) => (await service.roll(id, {}, fresh())).key, {}],
  ['a roll that revokes first', planned({ revokeFirst: true }), {}],
  ['a roll with another expiry', planned({ expires_at: OTHER_END }), { expires_at: OTHER_END }],
  ['a roll with other scopes', planned({ rights: { scopes: ['b:write'] } }), { scopes: ['b:write'] }],
  ['a second create after a lost response', anew, {}],
];

it('the request of this test has every member of a create', () => {
  expect(Object.keys(asked).sort()).toEqual([...MEMBERS].sort());
});

it.each(WAYS)('%s keeps every member of the key', async (_, way, changed) => {
  const scene = await ownService();
  const { key } = await scene.service.create(asked, fresh());
  const successor = await way(key, scene);
  expect(Object.fromEntries(MEMBERS.map((name) => [name, successor[name]]))).toEqual({
    ...asked,
    ...changed,
  });
});

it('a second create after a lost response does not outlive an end that somebody gave the key', async () => {
  const scene = await ownService();
  const { service, connection } = scene;
  const { key } = await service.create(asked, fresh());
  const rights = { lifetime_ms: 30 * DAY };
  const version = { ...{ id: key.id, generation: 1, record: key, state: 'active' as const }, ends_at: null };
  const managed = { rights, versions: [version] };
  const end = isoSeconds(clock.now() + 7 * DAY);
  // Nothing of it reaches the ledger.
  const shortened = await service.update(key.id, { expires_at: end });
  await service.roll(key.id, { grace_seconds: 60 }, fresh());
  const rolled = { request: { roll: key.id, name: key.name }, previous: shortened };
  const means = { service, clock, successorRules: successorRules(connection), minutesAhead: () => null };
  expect(await requestAnew(rolled, managed, means)).toMatchObject({
    request: { create: { expires_at: end } },
  });
  // Without a change by somebody else, what the ledger remembers counts.
  const unchanged = { ...rolled, previous: key };
  expect(await requestAnew(unchanged, managed, means)).toMatchObject({
    request: { create: { expires_at: asked.expires_at } },
  });
});
