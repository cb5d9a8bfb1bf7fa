import { expect, it } from 'vitest';
import { LONGEST_REQUEST_MS } from '../../src/domain/longest-request.js';
import { resultOf, resumeOne } from '../../src/lifecycle/operation/resume.js';
import { startOperation } from '../../src/lifecycle/operation/start-operation.js';
import { managedAtVendor } from './memory-vendor.js';

type Scene = Awaited<ReturnType<typeof managedAtVendor>>;

async function resume({ ledger, means, clock }: Scene) {
  const [first] = await ledger.operations();
  if (first === undefined) throw new Error('nothing is pending');
  const resumed = await resumeOne(first, { ledger, connect: async () => means, now: () => clock.now() });
  return { result: resultOf(resumed), waiting: resumed.outcome?.waiting };
}

const ids = ({ vendor }: Scene) => vendor.keys.map(({ id }) => id);

/** A create whose secret went nowhere: the keychain became full after it was tried, and so was the place. */
async function lostSecret(): Promise<Scene> {
  const scene = await managedAtVendor();
  const { order, connection, means, vendor, state, place } = scene;
  const create = vendor.service.create.bind(vendor.service);
  vendor.service.create = async (...asked) => {
    const created = await create(...asked);
    Object.assign(state, { keychainFull: true });
    Object.assign(place, { full: true });
    return created;
  };
  const { pending } = await startOperation(order(), connection, means);
  expect(pending).toHaveLength(1);
  vendor.service.create = create;
  return { ...scene, means: { ...means, escrow: { ...means.escrow, read: async () => null } } };
}

it('a key whose secret is lost is not made anew while the new secret would be lost too', async () => {
  const scene = await lostSecret();
  for (const _ of [1, 2, 3]) {
    expect(await resume(scene)).toEqual({
      result: 'waiting',
      waiting: 'a new secret could not be kept: the place is full',
    });
  }
  // Nothing was created, and nothing revoked.
  expect(ids(scene)).toEqual(['id-1']);
  scene.place.full = false;
  expect(await resume(scene)).toMatchObject({ result: 'created_anew' });
  expect(ids(scene)).toEqual(['id-2']);
  expect(scene.place.held).toEqual({ secret: scene.vendor.secretOf('id-2') });
});

it('nor where no place can be reached from this call, or none is left', async () => {
  const scene = await lostSecret();
  scene.place.full = false;
  scene.state.reached = false;
  const why = 'a new secret could not be kept: no place that this call reaches takes it';
  expect(await resume(scene)).toEqual({ result: 'waiting', waiting: why });
  expect(ids(scene)).toEqual(['id-1']);
});

it.each([
  ['was lost', 'lost', ['id-1'], ['id-2']],
  ['never arrived', 'never arrives', [], ['id-1']],
] as const)(
  'nor where the response %s, until the keychain or the place takes a secret',
  async (_, fault, before, after) => {
    for (const repaired of ['keychain', 'place'] as const) {
      const scene = await managedAtVendor();
      const { order, connection, means, vendor, state, place, clock } = scene;
      vendor.fail(fault);
      await expect(startOperation(order(), connection, means)).rejects.toMatchObject({ code: 'pending' });
      clock.advance(LONGEST_REQUEST_MS);
      state.keychainFull = true;
      place.full = true;
      for (const _ of [1, 2]) expect(await resume(scene)).toMatchObject({ result: 'waiting' });
      expect(ids(scene)).toEqual(before);
      if (repaired === 'keychain') state.keychainFull = false;
      else place.full = false;
      await resume(scene);
      expect(ids(scene)).toEqual(after);
    }
  },
);
