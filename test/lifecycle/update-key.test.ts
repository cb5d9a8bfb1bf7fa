import { expect, it } from 'vitest';
import { resumeOne } from '../../src/lifecycle/operation/resume.js';
import { startOperation } from '../../src/lifecycle/operation/start-operation.js';
import { limitsKey, updateKey } from '../../src/lifecycle/update-key.js';
import { HOUR } from '../support/settable-clock.js';
import { managedAtVendor } from './memory-vendor.js';

/** A key of 90 days that was created, and what rolls it to a successor with the vendor's own name for it. */
async function rollable() {
  const scene = await managedAtVendor();
  const { order, connection, means, ledger, draft } = scene;
  const rights = { lifetime_ms: 90 * 24 * HOUR };
  const first = await startOperation(order({ managed: { ...draft, rights } }), connection, means);
  const old = first.created?.key;
  const managed = await ledger.managed.byId(draft.id);
  if (old === undefined || managed === null) throw new Error('the key was created');
  const retire = { id: old.id, name: 'web', grace_ms: HOUR, at: null, since: null, settable: false };
  const request = { create: { name: 'web 2' } };
  const roll = () =>
    startOperation(order({ managed, known: true, previous: old, retire, request }), connection, means);
  const service = { update: async () => old, get: async () => old };
  const now = async () => (await ledger.managed.byId(draft.id)) ?? draft;
  return { ...scene, old, managed, roll, service, now };
}

it('a change of a retiring version changes nothing of what its successors get', async () => {
  const { old, roll, service, connection, means, now } = await rollable();
  await roll();
  const before = await now();
  const year = { name: 'shop', expires_at: '2099-01-01T00:00:00.000Z', scopes: ['a:read'] };
  await updateKey({ key: old, managed: before }, year, { ...connection, service }, means);
  expect(await now()).toMatchObject({ name: 'web', rights: before.rights });
});

it('a key whose roll is pending is not changed: its successor would be as it was before', async () => {
  const { old, managed, roll, connection, means, place, ledger, clock, now } = await rollable();
  place.refuses = true;
  await roll();
  let sent = 0;
  const service = { update: async () => ({ ...old, sent: ++sent }), get: async () => old };
  for (const changes of [{ name: 'shop' }, { scopes: ['a:read'] }])
    await expect(
      updateKey({ key: old, managed }, changes, { ...connection, service }, means),
    ).rejects.toMatchObject({
      code: 'conflict',
      next: 'resume_or_abort',
    });
  expect(sent).toBe(0);
  place.refuses = false;
  const [pending] = await ledger.operations();
  if (pending === undefined) throw new Error('the roll is pending');
  await resumeOne(pending, { ledger, connect: async () => means, now: () => clock.now() });
  await updateKey({ key: old, managed: await now() }, { name: 'shop' }, { ...connection, service }, means);
  expect(sent).toBe(1);
});

it('a place learns the name of the managed key, whatever its vendor calls the version', async () => {
  const { roll, means, now } = await rollable();
  const names: string[] = [];
  const { open } = means;
  Object.assign(means, {
    open: (...asked: Parameters<typeof open>) => {
      names.push(`${asked[1].created.key.name}: ${asked[1].name}`);
      return open(...asked);
    },
  });
  await roll();
  expect(names).toEqual(['web 2: web']);
  expect((await now()).name).toBe('web');
});

it('a change of limits may stop a key, as one of scopes may', () => {
  expect(limitsKey({ limits: { rate: '1/day' } })).toBe(true);
  expect(limitsKey({ limits: {}, owner: 'acme' })).toBe(false);
});
