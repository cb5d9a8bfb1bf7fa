import { expect, it } from 'vitest';
import { currentVersion, type ManagedKey } from '../../src/domain/managed-key.js';
import type { Means } from '../../src/lifecycle/operation/means.js';
import { resumeOne } from '../../src/lifecycle/operation/resume.js';
import { type Order, startOperation } from '../../src/lifecycle/operation/start-operation.js';
import { managedAtVendor } from './memory-vendor.js';

type Scene = Awaited<ReturnType<typeof managedAtVendor>>;

/** Most writes of one operation: every test below ends long before. */
const MOST_WRITES = 60;
const PLACES = ['a', 'b', 'c', 'd'];

/** What is thrown where the program would be gone. */
class Killed extends Error {}

/**
 * Means whose ledger takes this many writes, as of a program that is killed after the last one: nothing more
 * is written, delivered or released.
 */
function killedAfter(writes: number, { means, ledger }: Scene): Means & { readonly killed: () => boolean } {
  let left = writes;
  const write =
    <Params extends unknown[], Result>(run: (...params: Params) => Promise<Result>) =>
    async (...params: Params): Promise<Result> => {
      if (left-- <= 0) throw new Killed('the program is gone');
      return await run(...params);
    };
  const { managed } = ledger;
  return {
    ...means,
    killed: () => left < 0,
    leases: { ...means.leases, release: async () => undefined },
    ledger: {
      ...ledger,
      put: write(ledger.put),
      saveOperation: write(ledger.saveOperation),
      endOperation: write(ledger.endOperation),
      together: write(ledger.together),
      managed: { ...managed, save: write(managed.save) },
    },
    open: async (place, shown) => {
      const opened = left < 0 ? null : await means.open(place, shown);
      if (opened === null) throw new Killed('the program is gone');
      return opened;
    },
  };
}

function placesOf() {
  return PLACES.map((name) => {
    const spec = { kind: 'memory', target: {}, names: [name], address: `file:/x#${name}` };
    return { place: { id: spec.address, label: name, spec }, remembered: true };
  });
}

/** Continues what a killed program has left, to the end. */
async function resumeAll({ ledger, means, clock }: Scene): Promise<void> {
  const next = { ...means, isGone: () => true };
  for (let runs = 1; runs <= 3; runs++) {
    for (const operation of await ledger.operations())
      await resumeOne(operation, { ledger, connect: async () => next, now: () => clock.now() });
    clock.advance(120_000);
  }
}

/** Runs an order that is killed after each of its writes in turn, and looks at its key after a resume. */
async function killedEverywhere(
  begin: (scene: Scene) => Promise<Partial<Order>>,
  look: (scene: Scene, managed: ManagedKey) => void,
): Promise<number> {
  for (let writes = 1; writes <= MOST_WRITES; writes++) {
    const scene = await managedAtVendor();
    const changes = { places: placesOf(), ...(await begin(scene)) };
    const means = killedAfter(writes, scene);
    await startOperation(scene.order(changes), scene.connection, means).catch(() => undefined);
    await resumeAll(scene);
    const managed = await scene.ledger.managed.byName(scene.draft.account, 'web');
    if (managed === null) throw new Error(`killed after ${writes} writes: the key is gone`);
    look(scene, managed);
    if (!means.killed()) return writes;
  }
  throw new Error('an operation never ended');
}

/** Every place has the secret of the version in use, and the ledger knows it. */
function expectDelivered({ vendor, place }: Scene, managed: ManagedKey): void {
  const active = currentVersion(managed);
  const { id, generation } = active ?? {};
  expect(managed.places.map(({ label, delivered }) => [label, delivered?.id, delivered?.generation])).toEqual(
    PLACES.map((name) => [name, id, generation]),
  );
  expect(active?.state).toBe('active');
  expect(vendor.keys.map((key) => key.id)).toContain(id);
  expect(place.held).not.toBeNull();
}

/** Creates the key and returns what a roll of it needs. */
async function created(scene: Scene) {
  const done = await startOperation(scene.order({ places: placesOf() }), scene.connection, scene.means);
  const managed = await scene.ledger.managed.byName(scene.draft.account, 'web');
  const old = done.created?.key;
  if (old === undefined || managed === null) throw new Error('the key was created');
  return { old, managed };
}

it('knows after a kill at any write of a create that each place has the secret', async () => {
  // One write for each place, and five others.
  expect(await killedEverywhere(async () => ({}), expectDelivered)).toBeGreaterThan(PLACES.length + 5);
}, 120_000);

it('knows after a kill at any write of a roll that each place has the new secret', async () => {
  const roll = async (scene: Scene) => {
    const { old, managed } = await created(scene);
    const retire = { id: old.id, name: 'web', grace_ms: 86_400_000, at: null, since: null, settable: false };
    return { managed, known: true, previous: old, retire };
  };
  expect(
    await killedEverywhere(roll, (scene, managed) => {
      expectDelivered(scene, managed);
      expect(managed.versions.map(({ state }) => state)).toEqual(['active', 'retiring']);
    }),
  ).toBeGreaterThan(10);
}, 120_000);

it('counts one new secret after a kill at any write of a roll that keeps the id', async () => {
  const roll = async (scene: Scene) => {
    const { old, managed } = await created(scene);
    let count = 0;
    scene.vendor.service.roll = async () => {
      const secret = `not_a_real_secret_of_roll_${++count}`;
      return { key: old, credential: { secret }, previous: old };
    };
    return {
      ...{ managed, known: true, previous: old, retire: null, inPlace: true },
      request: { roll: old.id, name: old.name },
    };
  };
  expect(
    await killedEverywhere(roll, (scene, managed) => {
      expectDelivered(scene, managed);
      expect(currentVersion(managed)?.generation).toBeGreaterThan(1);
    }),
  ).toBeGreaterThan(8);
}, 120_000);
