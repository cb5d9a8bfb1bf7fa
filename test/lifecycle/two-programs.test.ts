import { expect, it } from 'vitest';
import type { ManagedKey } from '../../src/domain/managed-key.js';
import { resumeOne } from '../../src/lifecycle/operation/resume.js';
import { startOperation } from '../../src/lifecycle/operation/start-operation.js';
import { addPlaces, deliverActive, deliverKey } from '../../src/lifecycle/places/deliver-key.js';
import { removePlace } from '../../src/lifecycle/places/remove-place.js';
import { revokeKey } from '../../src/lifecycle/revoke-key.js';
import { abortRoll } from '../../src/lifecycle/roll/abort-roll.js';
import { prepareRoll } from '../../src/lifecycle/roll/prepare-roll.js';
import { updateKey } from '../../src/lifecycle/update-key.js';
import { newManagedId } from '../../src/storage/ledger/managed-keys.js';
import { realContext } from '../support/real-context.js';
import { HOUR } from '../support/settable-clock.js';
import { managedAtVendor } from './memory-vendor.js';

// Each test is two programs: one has read the key and checked its command, then the other does its work.

const SHOP = { id: 'file:/y#SHOP', label: 'the shop', spec: { kind: 'memory' } };
const NO_CONTEXT = { output: { say: () => undefined } } as unknown as Parameters<typeof revokeKey>[3];

/** A key of a vendor, as a first program has read it, and a roll that another program does meanwhile. */
async function readBefore() {
  const scene = await managedAtVendor();
  const { order, connection, means, ledger, draft } = scene;
  const create = (changes = {}) => startOperation(order(changes), connection, means);
  const { created } = await create();
  const key = created?.key;
  const managed = await ledger.managed.byName(draft.account, 'web');
  if (key === undefined || managed === null) throw new Error('the key was created');
  const retire = { id: key.id, name: 'web', grace_ms: HOUR, at: null, since: null, settable: false };
  const roll = { managed, known: true, previous: key, retire };
  const now = async () => (await ledger.managed.byId(managed.id)) as ManagedKey;
  const versions = async () => (await now()).versions.map(({ id, state }) => `${id} ${state}`);
  return { ...scene, create, key, managed, roll, rollNow: () => create(roll), now, versions };
}

it('a second roll of the same key is refused, and the first one stays as it is', async () => {
  const { create, roll, rollNow, versions, vendor, ledger } = await readBefore();
  await rollNow();
  await expect(create(roll)).rejects.toMatchObject({ code: 'conflict' });
  expect(await versions()).toEqual(['id-2 active', 'id-1 retiring']);
  expect(vendor.keys).toHaveLength(2);
  expect(await ledger.operations()).toHaveLength(1);
});

it('a roll is refused where a place was added meanwhile: it would leave the place out', async () => {
  const { create, roll, managed, means, versions, now } = await readBefore();
  await addPlaces(managed, [{ place: SHOP, remembered: true }], means);
  await expect(create(roll)).rejects.toMatchObject({ code: 'conflict' });
  expect(await versions()).toEqual(['id-1 active']);
  expect((await now()).places.map(({ label }) => label)).toEqual(['the place', 'the shop']);
});

it('a second create of the same name is refused, whatever became of the first', async () => {
  for (const first of ['done', 'pending'] as const) {
    const { order, connection, means, vendor, draft, place } = await managedAtVendor();
    const other = order({ managed: { ...draft, id: newManagedId() } });
    place.refuses = first === 'pending';
    await startOperation(order(), connection, means);
    await expect(startOperation(other, connection, means)).rejects.toMatchObject({ code: 'conflict' });
    expect(vendor.keys).toHaveLength(1);
  }
});

it('an update, added and removed places and a delivery keep what a roll has written meanwhile', async () => {
  const { rollNow, managed, key, means, connection, versions, now, vendor } = await readBefore();
  await rollNow();
  const service = { update: async () => ({ ...key, name: 'web' }), get: async () => key };
  await updateKey({ key, managed }, { metadata: { team: 'shop' } }, { ...connection, service }, means);
  await addPlaces(managed, [{ place: SHOP, remembered: true }], means);
  await deliverActive(managed, [{ place: SHOP, remembered: true }], means);
  expect(await versions()).toEqual(['id-2 active', 'id-1 retiring']);
  const { places } = await now();
  expect(places.map(({ delivered }) => delivered?.id)).toEqual(['id-2', 'id-2']);
  await removePlace(managed, SHOP.id, means);
  expect((await now()).places).toHaveLength(1);
  expect(vendor.keys).toHaveLength(2);
});

it('a key that is revoked by its name takes the successor with it that another program has created', async () => {
  const { rollNow, managed, key, means, versions, vendor, ledger } = await readBefore();
  await rollNow();
  await revokeKey({ key, managed, by: 'name' }, {}, means, NO_CONTEXT);
  expect(await versions()).toEqual(['id-2 revoked', 'id-1 revoked']);
  expect(vendor.keys).toEqual([]);
  expect(await ledger.operations()).toEqual([]);
});

it('an abort leaves a roll alone that another program has delivered meanwhile', async () => {
  const { rollNow, versions, means, ledger, place } = await readBefore();
  place.refuses = true;
  await rollNow();
  const [seen] = await ledger.operations();
  if (seen === undefined) throw new Error('the roll is pending');
  await ledger.endOperation(seen.id);
  await expect(abortRoll(seen, means)).rejects.toMatchObject({ code: 'conflict' });
  expect(await versions()).toEqual(['id-2 pending', 'id-1 active']);
});

it('a new name that another key has is refused before anything is sent', async () => {
  const { order, connection, means, vendor, draft, ledger } = await managedAtVendor();
  await startOperation(order(), connection, means);
  const shop = { ...draft, id: newManagedId(), name: 'shop' };
  await startOperation(
    order({ managed: shop, name: 'shop', request: { create: { name: 'shop' } } }),
    connection,
    means,
  );
  const [key] = vendor.keys;
  const managed = await ledger.managed.byName(draft.account, 'shop');
  if (key === undefined) throw new Error('the key was created');
  let sent = 0;
  const service = {
    async update() {
      sent++;
      return key;
    },
    get: async () => key,
  };
  await expect(
    updateKey({ key, managed }, { name: 'web' }, { ...connection, service }, means),
  ).rejects.toMatchObject({
    code: 'conflict',
  });
  expect(sent).toBe(0);
});

it('a delivery waits for the roll of another program, then delivers the new secret, whatever the grace', async () => {
  for (const grace_ms of [0, HOUR]) {
    const { create, roll, key, means, place, ledger, managed, now, clock } = await readBefore();
    place.refuses = true;
    await create({ ...roll, retire: { ...roll.retire, grace_ms } });
    place.refuses = false;
    const [pending] = await ledger.operations();
    const other = await means.leases.take(managed.id, { machine: 'there', pid: 2 }, () => false);
    if (pending === undefined || !other.taken) throw new Error('the other program works on a pending roll');
    // The other program ends its work while this one waits.
    const finish = async () => {
      await means.leases.release(other.lease);
      await resumeOne(pending, { ledger, connect: async () => means, now: () => clock.now() });
    };
    await deliverKey(managed, [{ place: SHOP, remembered: true }], { ...means, sleep: finish });
    const shop = (await now()).places.find(({ id }) => id === SHOP.id);
    expect(shop?.delivered?.id, key.id).toBe('id-2');
  }
});

it('a roll is refused while the create of its key is pending, whatever is known of it, and says so', async () => {
  for (const pending of ['delivery', 'response'] as const) {
    const { order, connection, means, draft, ledger, place, clock, vendor } = await managedAtVendor();
    place.refuses = true;
    if (pending === 'response') vendor.fail('lost');
    await startOperation(order(), connection, means).catch(() => undefined);
    const [key] = vendor.keys;
    const managed = await ledger.managed.byName(draft.account, 'web');
    if (key === undefined) throw new Error('the key was created');
    const found = { key, managed, by: 'id' } as const;
    const { context } = await realContext(clock);
    await expect(prepareRoll(found, {}, {}, connection, means, context), pending).rejects.toMatchObject({
      code: 'conflict',
      next: 'resume',
      message: expect.stringContaining('its create is pending'),
    });
  }
});

it('two programs that take over one place at once: it stays a place of one of them', async () => {
  const { order, connection, means, ledger, draft } = await managedAtVendor();
  const spec = { kind: 'file', target: { path: '/y' }, names: ['SHOP'], address: 'file:/y#SHOP' };
  const shop = { ...SHOP, spec };
  const keys: ManagedKey[] = [];
  for (const name of ['web', 'shop']) {
    const managed = { ...draft, id: newManagedId(), name };
    await startOperation(
      order({ managed, name, request: { create: { name } }, places: [] }),
      connection,
      means,
    );
    const found = await ledger.managed.byName(draft.account, name);
    if (found !== null) keys.push(found);
  }
  const warnings: string[] = [];
  const warn = (text: string) => void warnings.push(text);
  const program = (pid: number) => ({ ...means, warn, holder: { machine: 'here', pid } });
  const owners = async () => (await ledger.managed.byPlace(shop)).map(({ name }) => name);
  await Promise.all(
    keys.map((key, index) => addPlaces(key, [{ place: shop, remembered: true }], program(index + 1))),
  );
  expect((await owners()).length).toBeGreaterThan(0);
  if ((await owners()).length === 2) expect(warnings.join()).toContain('is still a place of');
  // The next program that takes it over has it alone.
  const [web] = keys;
  if (web === undefined) throw new Error('the key was created');
  await addPlaces(web, [{ place: shop, remembered: true }], program(3));
  expect(await owners()).toEqual(['web']);
});
