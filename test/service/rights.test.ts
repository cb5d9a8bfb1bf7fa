import { describe, expect, it, onTestFinished } from 'vitest';
import { isoTime } from '../../src/domain/clock.js';
import type { CreateKey } from '../../src/domain/key-service.js';
import { wholeSecond } from '../../src/domain/whole-seconds.js';
import { JAHUTY_POLICY } from '../../src/service/policies/jahuty.js';
import { KEYS_POLICY } from '../../src/service/policies/keys.js';
import { TYLT_POLICY } from '../../src/service/policies/tylt.js';
import { OWNER } from '../../src/service/principal.js';
import { createKeyRules } from '../../src/service/rules.js';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { createSqlKeyStore } from '../../src/service/store/sql-key-store.js';
import { openSqliteDatabase } from '../../src/storage/sql/sqlite-database.js';
import { codeOf, idempotent, secretOf } from '../contract/key-service.js';
import { testEncryptionKey } from '../support/encryption-key.js';
import { startTestService } from '../support/key-service-server.js';
import { settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { testClient } from '../support/test-client.js';

async function fresh(policy = KEYS_POLICY) {
  const clock = settableClock();
  const store = createSqlKeyStore(
    await openSqliteDatabase(`${temporaryFolder()}/keys.db`, KEY_SERVICE_MIGRATIONS),
  );
  onTestFinished(() => store.close());
  const rules = createKeyRules(store, clock, { policy });
  const owner = rules.as(OWNER);
  const create = async (request: Partial<CreateKey>) =>
    (await owner.create({ name: 'key', ...request }, idempotent())).key.id;
  /** The service as this key may use it. */
  const as = async (id: string) => {
    const row = await store.byId(id);
    if (row === null) throw new Error(`no such key: ${id}`);
    return rules.as(row);
  };
  const root = await create({ name: 'root', scopes: ['*'] });
  const inDays = (days: number) => isoTime(clock.now() + days * 86_400_000);
  return { clock, owner, create, as, root, inDays };
}

const MANAGER = ['keys:write', 'keys:read'];

it('a successor lives exactly as long as the old key did, and never longer', async () => {
  const { clock, owner, create, inDays } = await fresh();
  const endOfDay = inDays(60);
  // The key is created in the middle of a second, and its end is a whole one.
  clock.advance(900);
  const first = await create({ expires_at: endOfDay });
  clock.advance(50);
  const { key: second } = await owner.roll(first, {}, idempotent());
  const laterThan = (end: string | null | undefined) => Date.parse(end ?? '') - Date.parse(endOfDay);
  expect([laterThan(second.expires_at), wholeSecond(second.expires_at)]).toEqual([50, endOfDay]);
  clock.advance(1_200);
  const { key: third } = await owner.roll(second.id, {}, idempotent());
  expect(laterThan(third.expires_at)).toBe(1_250);
});

describe('a pair that revokes the previous one of its service and environment', () => {
  it('revokes only what its creator may revoke', async () => {
    const { url, managementKey, clock } = await startTestService({
      ...{ policy: 'tylt', encryptionKey: testEncryptionKey() },
    });
    const { service: manager } = testClient(url, managementKey);
    const as = async (request: Partial<CreateKey>) =>
      testClient(url, secretOf(await manager.create({ name: 'key', ...request }, idempotent()))).service;
    const [creator, ann, bob] = [
      await as({ scopes: ['keys:create'] }),
      await as({ scopes: ['keys:own'], owner: 'ann' }),
      await as({ scopes: ['keys:own'], owner: 'bob' }),
    ];
    const pair = { name: 'pair', service: 'shop', environment: 'demo' };
    const end = isoTime(clock.now() + 60_000);
    const first = (await creator.create({ ...pair, expires_at: end }, idempotent())).key;
    for (const other of [creator, ann, bob])
      expect(await codeOf(other.create(pair, idempotent()))).toBe('forbidden');
    expect((await manager.get(first.id)).status).toBe('active');
    // What has expired is nobody's loss.
    clock.advance(61_000);
    const second = (await ann.create(pair, idempotent())).key;
    expect(await codeOf(bob.create(pair, idempotent()))).toBe('forbidden');
    expect((await manager.get(second.id)).status).toBe('active');
    const third = (await ann.create(pair, idempotent())).key;
    const fourth = (await manager.create(pair, idempotent())).key;
    const states = [second, third, fourth].map(async ({ id }) => (await manager.get(id)).status);
    expect(await Promise.all(states)).toEqual(['revoked', 'revoked', 'active']);
  });
});

describe("a key that manages its owner's keys", () => {
  async function people() {
    const { create, as, owner, clock } = await fresh();
    const own = async (name: string) =>
      await as(await create({ name, owner: name, scopes: ['keys:own', 'orders:read'] }));
    const [ann, bob] = [await own('ann'), await own('bob')];
    const made = async (service: typeof ann, request: Partial<CreateKey> = {}) =>
      (await service.create({ name: 'mine', ...request }, idempotent())).key;
    return { create, as, owner, clock, ann, bob, made };
  }

  it('lists, creates, shows, updates, pauses, rolls and revokes them', async () => {
    const { ann, made } = await people();
    const { id, owner } = await made(ann, { scopes: ['orders:read'] });
    expect(owner).toBe('ann');
    expect((await ann.list({})).keys.map(({ name }) => name).sort()).toEqual(['ann', 'mine']);
    expect((await ann.get(id)).name).toBe('mine');
    expect(await ann.usage(id)).toEqual([]);
    await ann.pause?.(id);
    await ann.unpause?.(id);
    await ann.update(id, { name: 'renamed' });
    const { key } = await ann.roll(id, {}, idempotent());
    expect([key.name, key.owner]).toEqual(['renamed', 'ann']);
    await ann.revoke(key.id);
    expect((await ann.get(key.id)).status).toBe('revoked');
  });

  it("reaches nobody else's: they do not exist for it", async () => {
    const { ann, bob, made, create } = await people();
    const [{ id }, nobodys] = [await made(bob), await create({ name: 'of nobody' })];
    for (const other of [id, nobodys]) {
      for (const call of [
        ann.get(other),
        ann.usage(other),
        ann.update(other, { name: 'x' }),
        ann.pause?.(other) ?? Promise.resolve(),
        ann.roll(other, {}, idempotent()),
        ann.revoke(other),
      ])
        expect(await codeOf(call)).toBe('not_found');
    }
    expect((await bob.get(id)).status).toBe('active');
    expect((await ann.list({})).keys.map(({ owner }) => owner)).toEqual(['ann']);
    expect(await codeOf(ann.list({ owner: 'bob' }))).toBe('forbidden');
    expect(await codeOf(ann.events({}))).toBe('forbidden');
  });

  it('gives keys to nobody else, and no right over the keys of others', async () => {
    const { ann, made, create, as } = await people();
    const { id } = await made(ann);
    expect(await codeOf(made(ann, { owner: 'bob' }))).toBe('forbidden');
    expect(await codeOf(ann.update(id, { owner: 'bob' }))).toBe('forbidden');
    expect(await codeOf(ann.update(id, { owner: null }))).toBe('forbidden');
    expect(await codeOf(made(ann, { scopes: ['keys:write'] }))).toBe('forbidden');
    expect((await made(ann, { scopes: ['keys:own'] })).owner).toBe('ann');
    // Who may create for everybody, but holds keys:own of one owner, gives it to that owner alone.
    const ci = await as(
      await create({ name: 'ci', owner: 'ann', scopes: ['keys:create', 'keys:write', 'keys:own'] }),
    );
    expect(await codeOf(made(ci, { owner: 'bob', scopes: ['keys:own'] }))).toBe('forbidden');
    const plain = await made(ci, { owner: 'bob' });
    expect(await codeOf(ci.update(plain.id, { scopes: ['keys:own'] }))).toBe('forbidden');
    const own = await made(ci, { owner: 'ann', scopes: ['keys:own'] });
    expect(await codeOf(ci.update(own.id, { owner: 'bob' }))).toBe('forbidden');
    const manager = await as(await create({ name: 'manager', scopes: ['keys:read', 'keys:write'] }));
    expect((await made(manager, { owner: 'bob', scopes: ['keys:own'] })).owner).toBe('bob');
  });

  it('does nothing without an owner, and says so', async () => {
    const { create, as } = await people();
    const nobodys = await as(await create({ name: 'nobody', scopes: ['keys:own'] }));
    await expect(nobodys.list({})).rejects.toThrow('keys:own, but no owner');
    expect(await codeOf(nobodys.create({ name: 'x' }, idempotent()))).toBe('forbidden');
  });
});

describe('a test management key', () => {
  async function environments() {
    const { create, as, owner } = await fresh();
    const scopes = [...MANAGER, 'keys:create', 'orders:read'];
    const id = await create({ name: 'test manager', environment: 'test', scopes });
    const [live, test] = [await create({}), await create({ environment: 'test' })];
    return { create, as, owner, id, manager: await as(id), scopes, live, test };
  }

  it('creates, changes, pauses, rolls and revokes test keys', async () => {
    const { manager, test, owner } = await environments();
    const made = await manager.create(
      { name: 'made', environment: 'test', scopes: ['orders:read'] },
      idempotent(),
    );
    expect(secretOf(made)).toMatch(/^sk_test_/);
    await manager.update(test, { name: 'renamed' });
    await manager.pause?.(test);
    await manager.unpause?.(test);
    const { key } = await manager.roll(test, {}, idempotent());
    expect([key.name, key.environment]).toEqual(['renamed', 'test']);
    await manager.revoke(key.id);
    expect((await owner.get(key.id)).status).toBe('revoked');
  });

  it('neither creates, changes, pauses, rolls nor revokes live keys, but reads them', async () => {
    const { manager, owner, live, create } = await environments();
    const before = await owner.list({});
    for (const id of [live, await create({ name: 'live manager', scopes: ['keys:read'] })]) {
      for (const call of [
        () => manager.update(id, { name: 'x' }),
        async () => manager.update(id, { name: (await owner.get(id)).name }),
        () => manager.update(id, { scopes: ['orders:read'] }),
        () => manager.pause?.(id) ?? Promise.resolve(),
        () => manager.roll(id, {}, idempotent()),
        () => manager.revoke(id),
        () => manager.revoke(id, { force: true }),
      ])
        await expect(call(), String(call)).rejects.toMatchObject({
          code: 'forbidden',
          message: 'environment: a test key manages test keys only',
          hint: 'use a live management key',
        });
    }
    await expect(manager.create({ name: 'x', environment: 'live' }, idempotent())).rejects.toMatchObject({
      hint: 'use a live management key, or create keys with "environment": "test"',
      details: { reason: 'other_environment', environment: 'live', instead: 'test' },
    });
    for (const environment of ['live', undefined])
      expect(
        await codeOf(manager.create({ name: 'x', ...(environment ? { environment } : {}) }, idempotent())),
      ).toBe('forbidden');
    expect((await owner.list({})).keys.length).toBe(before.keys.length + 1);
    expect((await manager.get(live)).environment).toBe('live');
    expect((await manager.list({})).keys.length).toBe(before.keys.length + 1);
  });

  it('is no other that could manage keys as fully as a live one; a live key manages test keys', async () => {
    const { create, as, owner, test } = await environments();
    const only = await create({ name: 'live', scopes: MANAGER });
    for (const { id, scopes } of (await owner.list({})).keys)
      if (scopes?.includes('*')) await owner.revoke(id, { force: true });
    expect(await codeOf(owner.revoke(only))).toBe('conflict');
    const manager = await as(only);
    expect((await manager.roll(test, {}, idempotent())).key.environment).toBe('test');
    expect((await manager.create({ name: 'x', environment: 'test' }, idempotent())).key.environment).toBe(
      'test',
    );
  });

  it.each([JAHUTY_POLICY, TYLT_POLICY])(
    'gets no advice to create test keys where the policy has none: $title',
    async (policy) => {
      const { create, as } = await fresh(policy);
      const manager = await as(await create({ name: 'office', environment: 'test', scopes: MANAGER }));
      const request = { name: 'x', service: 'shop', environment: policy.environments[0] ?? '' };
      await expect(manager.create(request, idempotent())).rejects.toMatchObject({
        hint: 'use a live management key',
        details: { reason: 'other_environment', environment: policy.environments[0] },
      });
    },
  );

  it('is listed by an environment that keys have, and by no other', async () => {
    for (const [policy, own] of [
      [KEYS_POLICY, []],
      [TYLT_POLICY, ['demo', 'production']],
    ] as const) {
      const { owner } = await fresh(policy);
      for (const environment of ['live', 'test', ...own])
        expect(await codeOf(owner.list({ environment })), environment).toBe('none');
      for (const environment of ['Live', 'staging'])
        expect(await codeOf(owner.list({ environment })), environment).toBe('invalid_request');
    }
  });

  it('manages none of the pairs of Tylt, whose environments are others', async () => {
    const { create, as } = await fresh(TYLT_POLICY);
    const manager = await as(await create({ environment: 'test', scopes: MANAGER }));
    for (const environment of ['demo', 'production'])
      expect(await codeOf(manager.create({ name: 'x', environment, service: 'shop' }, idempotent()))).toBe(
        'forbidden',
      );
    expect(
      (await manager.create({ name: 'x', environment: 'test', scopes: MANAGER }, idempotent())).key.scopes,
    ).toEqual(MANAGER);
  });
});

describe('a management key', () => {
  it('gives no more than it has: scopes, restrictions, lifetime', async () => {
    const { create, as, inDays } = await fresh();
    const id = await create({
      scopes: [...MANAGER, 'orders:read'],
      restrictions: { ips: ['10.0.0.0/8'] },
      expires_at: inDays(10),
    });
    const manager = await as(id);
    const within = { name: 'a', restrictions: { ips: ['10.1.0.0/16'] }, expires_at: inDays(5) };
    expect(await codeOf(manager.create(within, idempotent()))).toBe('none');
    expect(await codeOf(manager.create({ ...within, scopes: ['orders:read'] }, idempotent()))).toBe('none');
    for (const wider of [
      { scopes: ['orders:write'] },
      { scopes: ['*'] },
      { restrictions: {} },
      { restrictions: { ips: ['10.1.0.0/16', '11.0.0.1'] } },
      { expires_at: inDays(11) },
      { expires_at: null },
    ]) {
      expect(await codeOf(manager.create({ ...within, ...wider }, idempotent())), JSON.stringify(wider)).toBe(
        'forbidden',
      );
    }
  });

  it('does not change its own limits, but may change its name and be rolled within them', async () => {
    const { create, as, owner, inDays } = await fresh();
    const id = await create({ scopes: MANAGER, restrictions: { ips: ['10.0.0.1'] }, expires_at: inDays(10) });
    const manager = await as(id);
    for (const change of [
      { restrictions: {} },
      { expires_at: null },
      { expires_at: inDays(1) },
      { scopes: ['keys:read'] },
    ]) {
      expect(await codeOf(manager.update(id, change)), JSON.stringify(change)).toBe('forbidden');
    }
    expect((await manager.update(id, { name: 'office' })).name).toBe('office');
    const before = await owner.get(id);
    const { key } = await manager.roll(id, { grace_seconds: 0 }, idempotent());
    expect(key.restrictions).toEqual({ ips: ['10.0.0.1'] });
    expect(key.expires_at).toBe(before.expires_at);
  });

  it('neither changes, rolls nor revokes a key that can do more than itself', async () => {
    const { create, as, owner, root } = await fresh();
    const helper = await as(await create({ scopes: MANAGER }));
    const office = await as(await create({ scopes: MANAGER, restrictions: { ips: ['10.0.0.1'] } }));
    const free = await create({ scopes: MANAGER });
    const orders = await create({ scopes: ['orders:read'] });
    for (const [service, id] of [
      [helper, root],
      [helper, orders],
      [office, root],
      [office, free],
    ] as const) {
      const before = await owner.get(id);
      expect(await codeOf(service.revoke(id))).toBe('forbidden');
      expect(await codeOf(service.revoke(id, { force: true }))).toBe('forbidden');
      expect(await codeOf(service.update(id, { name: 'mine' }))).toBe('forbidden');
      expect(await codeOf(service.roll(id, {}, idempotent()))).toBe('forbidden');
      expect(await owner.get(id)).toEqual(before);
    }
    expect(await codeOf(helper.revoke(free))).toBe('none');
  });

  it('with a restriction revokes and renames an ordinary key without one, but does not roll or widen it', async () => {
    const { create, as } = await fresh();
    const office = await as(
      await create({ scopes: [...MANAGER, 'a:b'], restrictions: { ips: ['10.0.0.1'] } }),
    );
    const id = await create({ restrictions: { ips: ['10.0.0.1', '11.0.0.1'] } });
    expect(await codeOf(office.update(id, { name: 'web' }))).toBe('none');
    expect(await codeOf(office.roll(id, {}, idempotent()))).toBe('forbidden');
    expect(await codeOf(office.update(id, { restrictions: {} }))).toBe('forbidden');
    expect(await codeOf(office.update(id, { scopes: ['a:b'] }))).toBe('forbidden');
    expect(await codeOf(office.update(id, { scopes: ['keys:write'] }))).toBe('forbidden');
    expect(await codeOf(office.revoke(id))).toBe('none');
  });

  it('with keys:create alone creates keys within its rights, and nothing else', async () => {
    const { create, as } = await fresh();
    const id = await create({ scopes: ['keys:create', 'orders:read'] });
    const ci = await as(id);
    const options = idempotent();
    const { key } = await ci.create({ name: 'deploy', scopes: ['orders:read'] }, options);
    expect(await codeOf(ci.acknowledge(key.id, options))).toBe('none');
    expect(await codeOf(ci.create({ name: 'more', scopes: ['keys:write'] }, idempotent()))).toBe('forbidden');
    const calls = [
      ci.list({}),
      ci.get(key.id),
      ci.update(key.id, { name: 'x' }),
      ci.revoke(key.id),
      ci.events({}),
    ];
    for (const call of [...calls, ci.roll(key.id, {}, idempotent())])
      expect(await codeOf(call)).toBe('forbidden');
  });

  it('has a successor that works for as long as it did', async () => {
    const { create, clock, owner, inDays } = await fresh();
    const id = await create({ expires_at: inDays(90) });
    clock.advance(80 * 86_400_000);
    const { key } = await owner.roll(id, {}, idempotent());
    expect(key.expires_at).toBe(inDays(90));
  });
});

describe('the last management key', () => {
  it('is neither revoked, expired nor narrowed without force, by anybody', async () => {
    const { create, as, owner, root, inDays } = await fresh();
    await create({ scopes: MANAGER });
    await create({ scopes: ['*'], expires_at: inDays(1) });
    await create({ scopes: ['*'], restrictions: { ips: ['10.0.0.1'] } });
    for (const service of [owner, await as(root)])
      expect(await codeOf(service.revoke(root))).toBe('conflict');
    for (const change of [
      { expires_at: inDays(1) },
      { scopes: ['keys:read'] },
      { restrictions: { ips: ['10.0.0.1'] } },
    ]) {
      expect(await codeOf(owner.update(root, change)), JSON.stringify(change)).toBe('conflict');
    }
    expect(await codeOf(owner.update(root, { name: 'owner' }))).toBe('none');
    expect(await codeOf(owner.update(root, { scopes: ['*', 'a:b'] }))).toBe('none');
    expect(await codeOf(owner.revoke(root, { force: true }))).toBe('none');
  });

  it('may go once there is another that can do as much for as long', async () => {
    const { create, owner, root } = await fresh();
    const other = await create({ scopes: ['*'] });
    expect(await codeOf(owner.revoke(root))).toBe('none');
    expect(await codeOf(owner.revoke(root))).toBe('none');
    expect(await codeOf(owner.revoke(other))).toBe('conflict');
    const { key } = await owner.roll(other, { grace_seconds: 60 }, idempotent());
    expect(await codeOf(owner.revoke(other))).toBe('none');
    expect(await codeOf(owner.revoke(key.id))).toBe('conflict');
  });
});

it('revokes and narrows the last management key over HTTP, by force', async () => {
  const server = await startTestService();
  const manager = testClient(server.url, server.managementKey).service;
  const me = await manager.whoami();
  const other = await manager.create(
    { name: 'other', scopes: ['*'], restrictions: { ips: ['127.0.0.1'] } },
    idempotent(),
  );
  const second = testClient(server.url, secretOf(other)).service;
  expect(await codeOf(manager.revoke(me?.id ?? ''))).toBe('conflict');
  expect(await codeOf(second.revoke(me?.id ?? '', { force: true }))).toBe('forbidden');
  expect(await codeOf(manager.revoke(me?.id ?? '', { force: true }))).toBe('none');
});
