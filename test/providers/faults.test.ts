import { describe, expect, it } from 'vitest';
import { KeysError } from '../../src/domain/errors.js';
import type { Key } from '../../src/domain/key.js';
import type { CreationOptions, KeyService, UpdateKey } from '../../src/domain/key-service.js';
import type { Provider } from '../../src/domain/provider.js';
import { outcomeOf } from '../../src/lifecycle/operation/certainty.js';
import { checkContract } from '../../src/providers/contract.js';
import { idempotent } from '../contract/key-service.js';
import { clock, connectVendor } from '../support/connect-vendor.js';
import { inDays } from '../support/settable-clock.js';
import { type Fault, vendorInProcess } from '../support/vendor-in-process.js';
import { VENDORS } from './fixtures/all.js';
import { anthropicWith, consoleKey } from './fixtures/anthropic.js';
import { aws } from './fixtures/aws.js';
import type { VendorFixture } from './fixtures/fixture.js';
import { ownService } from './fixtures/own-service.js';

/** Every provider with key endpoints of its own. Keys of Anthropic are created in its console only. */
const FIXTURES: readonly VendorFixture[] = [
  ...VENDORS,
  aws,
  ownService,
  {
    ...anthropicWith([]),
    app: (records: object[] = []) => {
      const keys = [consoleKey('web')];
      records.push(...keys);
      return anthropicWith(keys).app();
    },
  },
];

/** The first two are enough where a repeat does no harm. */
const CASES: ReadonlyArray<readonly [fault: Fault, lasting: boolean]> = [
  ['429', true],
  ['cut after', true],
  ['503', false],
  ['cut after', false],
  ['500 after', false],
];

/** What each fault may be called. */
const CODES: Readonly<Record<Fault, readonly string[]>> = {
  '403': ['forbidden'],
  '429': ['rate_limited'],
  '503': ['unavailable'],
  'cut after': ['unreachable'],
  '500 after': ['internal', 'unavailable'],
};

interface Scene {
  readonly service: KeyService;
  readonly provider: Provider;
  readonly fixture: VendorFixture;
  /** The key that is there already. */
  readonly key: Key | null;
  readonly creation: CreationOptions;
}

/**
 * One operation: how it is done, and what is wrong with a result of it. A result is undefined where only the
 * state is looked at.
 */
interface Operation {
  offered(provider: Provider): boolean;
  run(scene: Scene): Promise<unknown>;
  /** What is not as it should be once it is done. */
  wrong(scene: Scene): Promise<string | null>;
  /** Whether a repeat of it does no more than the first. */
  repeatable(provider: Provider): boolean;
}

const wanted = ({ updates }: Provider): UpdateKey =>
  updates.includes('name') ? { name: 'web_new' } : { expires_at: inDays(300) };

const idOf = ({ key }: Scene) => key?.id ?? '';
const found = async (scene: Scene) => await scene.service.get(idOf(scene));

const OPERATIONS: Readonly<Record<string, Operation>> = {
  create: {
    offered: ({ operations }) => operations.create === 'endpoint',
    run: async ({ service, fixture, creation }) =>
      await service.create({ name: 'web_app', ...fixture.request }, creation),
    wrong: async () => null,
    repeatable: ({ repeatable }) => repeatable.create,
  },
  roll: {
    offered: ({ operations }) => operations.roll === 'endpoint',
    run: async (scene) => await scene.service.roll(idOf(scene), {}, scene.creation),
    wrong: async () => null,
    repeatable: ({ repeatable }) => repeatable.roll,
  },
  update: {
    offered: ({ operations }) => operations.update === 'endpoint',
    run: async (scene) => await scene.service.update(idOf(scene), wanted(scene.provider)),
    async wrong(scene) {
      const { name, expires_at } = wanted(scene.provider);
      const key = await found(scene);
      if (name !== undefined) return key?.name === name ? null : `its name is ${key?.name}`;
      const apart = Math.abs(Date.parse(key?.expires_at ?? '') - Date.parse(expires_at ?? ''));
      return apart < 60_000 ? null : `it ends at ${key?.expires_at}`;
    },
    repeatable: () => true,
  },
  pause: {
    offered: ({ operations }) => operations.pause === 'endpoint',
    run: async (scene) => await scene.service.pause?.(idOf(scene)),
    wrong: async (scene) => {
      const status = (await found(scene))?.status;
      return status === 'paused' ? null : `its status is ${status}`;
    },
    repeatable: () => true,
  },
  revoke: {
    offered: ({ operations }) => operations.revoke === 'endpoint',
    run: async (scene) => await scene.service.revoke(idOf(scene)),
    wrong: async (scene) => {
      const status = await found(scene).then(
        (key) => key?.status,
        (error: unknown) =>
          error instanceof KeysError && error.code === 'not_found' ? 'revoked' : String(error),
      );
      return status === 'revoked' || status === 'expired' ? null : `its status is ${status}`;
    },
    repeatable: () => true,
  },
};

async function sceneOf(fixture: VendorFixture, withKey: boolean) {
  const vendor = vendorInProcess(fixture);
  const { service, provider } = await connectVendor(fixture, { url: vendor.url, exchanges: [] }, undefined, {
    ...vendor,
    settling: SETTLING,
  });
  const created = withKey && provider.operations.create === 'endpoint';
  const made = created ? await service.create({ name: 'web_app', ...fixture.request }, idempotent()) : null;
  const key = made?.key ?? (withKey ? ((await service.list({})).keys[0] ?? null) : null);
  const scene: Scene = { service, provider, fixture, key, creation: idempotent() };
  vendor.heal();
  return { vendor, scene };
}

/** Times for the fixtures: one lists a deleted key once more by itself. */
const SETTLING = { created: 0, revoked: 4, listed: 4 };

const errorOf = (error: unknown) => ({ error });

/** Whatever does not hold after one fault in one request of an operation. */
async function problems(fixture: VendorFixture, name: string, at: number, fault: Fault, lasting: boolean) {
  const { vendor, scene } = await sceneOf(fixture, name !== 'create');
  const { records } = vendor;
  const operation = OPERATIONS[name] as Operation;
  const before = JSON.stringify(records);
  const countBefore = records.length;
  const wrong: string[] = [];
  const say = (what: string) =>
    wrong.push(`${name}: ${fault}${lasting ? ' for good' : ''} at request ${at}: ${what}`);
  vendor.fail(fault, at, lasting);
  const result = await operation.run(scene).then((value) => ({ value }), errorOf);
  const { changing } = vendor.count();
  vendor.heal();
  const changed = JSON.stringify(records) !== before;
  if ('error' in result) {
    const { error } = result;
    if (!(error instanceof KeysError)) return [...wrong, `${name}: ${fault}: throws ${String(error)}`];
    const gone = name === 'revoke' && error.code === 'not_found';
    if (!gone && !CODES[fault].includes(error.code)) say(`${error.code}: ${error.message}`);
    if (error.message.includes(credentialOf(fixture))) say('the message shows the credential');
    const outcome = gone ? 'unknown' : outcomeOf(error, false);
    if (outcome === 'not_done' && changed) say('it is said to have done nothing');
    if (outcome !== 'not_done' && changing === 0)
      say('nothing was sent that changes anything, and it is not said');
  } else {
    if (!changed) say('it succeeds, and nothing has changed');
    const said = await operation.wrong(scene);
    if (said !== null) say(`it succeeds, and ${said}`);
    if (name === 'create' && records.length !== countBefore + 1) say(`${records.length - countBefore} keys`);
  }
  if ((name !== 'create' && name !== 'roll') || operation.repeatable(scene.provider)) {
    const again = await operation.run(scene).then((value) => ({ value }), errorOf);
    const gone =
      name === 'revoke' &&
      'error' in again &&
      again.error instanceof KeysError &&
      again.error.code === 'not_found';
    if ('error' in again && !gone) say(`a repeat fails: ${String(again.error)}`);
    const said = await operation.wrong(scene);
    if (said !== null) say(`after a repeat ${said}`);
    if (name === 'create' && records.length !== countBefore + 1)
      say(`${records.length - countBefore} keys after a repeat`);
  }
  return wrong;
}

/** The rows of the contract where each read has its old response twice after a change. */
async function rowsWhereReadsLag(fixture: VendorFixture) {
  const { url, transport } = vendorInProcess(fixture, { staleReads: 2 });
  const shared = { transport, settling: SETTLING };
  const { provider, service, tryOut } = await connectVendor(
    fixture,
    { url, exchanges: [] },
    undefined,
    shared,
  );
  const wrong = fixture.wrong ?? fixture.credential.replace(/.{4}$/, 'oops');
  const { service: stranger } = await connectVendor(fixture, { url, exchanges: [] }, wrong, shared);
  const rows = [];
  for await (const row of checkContract({
    ...{ provider, service, stranger, tryOut, clock, newIdempotencyKey: () => idempotent().idempotencyKey },
    request: { name: 'contract', ...fixture.request },
    sleep: async () => undefined,
  })) {
    rows.push(row);
  }
  return rows;
}

const credentialOf = ({ credential }: VendorFixture) => credential.split(':').at(-1) ?? '';

describe.each(FIXTURES.map((fixture) => [fixture.id, fixture] as const))('%s', (_, fixture) => {
  it('says what a fault in each request of each operation has done, and a repeat gets there', async () => {
    const { scene } = await sceneOf(fixture, false);
    const wrong: string[] = [];
    for (const [name, operation] of Object.entries(OPERATIONS)) {
      if (!operation.offered(scene.provider)) continue;
      const good = await sceneOf(fixture, name !== 'create');
      await operation.run(good.scene);
      const { all } = good.vendor.count();
      for (let at = 0; at < all; at++) {
        const cases = name === 'create' || name === 'roll' ? CASES : CASES.slice(0, 2);
        for (const [fault, lasting] of cases)
          wrong.push(...(await problems(fixture, name, at, fault, lasting)));
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe.each(VENDORS.map((fixture) => [fixture.id, fixture] as const))('%s', (_, fixture) => {
  it('keeps the contract where lists and checks lag behind changes', async () => {
    const rows = await rowsWhereReadsLag(fixture);
    expect(rows.filter(({ outcome }) => outcome === 'broken')).toEqual([]);
  });
});
