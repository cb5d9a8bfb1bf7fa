import { expect, it } from 'vitest';
import { showResumed } from '../../src/cli/show/show-resumed.js';
import { LONGEST_REQUEST_MS } from '../../src/domain/longest-request.js';
import { createCensus } from '../../src/lifecycle/operation/census.js';
import { resumeOne } from '../../src/lifecycle/operation/resume.js';
import { startOperation } from '../../src/lifecycle/operation/start-operation.js';
import { deliverKey } from '../../src/lifecycle/places/deliver-key.js';
import { HOUR, settableClock } from '../support/settable-clock.js';
import { managedAtVendor } from './memory-vendor.js';

type Scene = Awaited<ReturnType<typeof managedAtVendor>>;

const MINUTE = 60_000;

async function resume({ ledger, means, clock }: Scene) {
  const [first] = await ledger.operations();
  if (first === undefined) throw new Error('nothing is pending');
  return await resumeOne(first, { ledger, connect: async () => means, now: () => clock.now() });
}

/** A key whose roll has delivered its new secret to one place, and not to the other. */
async function halfRolled(scene: Scene) {
  const { order, connection, means, ledger, draft, place } = scene;
  const { created } = await startOperation(order(), connection, means);
  const [old, managed] = [created?.key, await ledger.managed.byName(draft.account, 'web')];
  if (old === undefined || managed === null) throw new Error('the key was created');
  const retire = { id: old.id, name: 'web', grace_ms: HOUR, at: null, since: null, settable: false };
  const spec = { kind: 'memory', target: {}, names: ['B'], address: 'file:/x#B' };
  const second = { place: { id: 'file:/x#B', label: 'the second', spec }, remembered: true };
  const open: typeof means.open = async (of) => ({
    label: of.label,
    async deliver(credential) {
      if (of.id === second.place.id) throw new Error('it is full');
      place.held = credential;
    },
  });
  const places = [...order().places, second];
  const roll = order({ managed, known: true, previous: old, retire, places });
  await startOperation(roll, connection, { ...means, open });
  return { ...scene, means: { ...means, open } };
}

it('a key of another name does not count as that of a lost response', async () => {
  const scene = await managedAtVendor({ marks: false });
  scene.vendor.fail('never arrives');
  await expect(startOperation(scene.order(), scene.connection, scene.means)).rejects.toMatchObject({
    code: 'pending',
  });
  scene.vendor.add({ name: 'shop' });
  scene.clock.advance(LONGEST_REQUEST_MS + MINUTE);
  const { outcome } = await resume(scene);
  expect([outcome?.unproven, outcome?.anew]).toEqual([[], true]);
  expect(scene.vendor.keys.map(({ name }) => name)).toEqual(['web', 'shop']);
});

it('a key of the same name may be that of a lost response: what a person can do is said', async () => {
  const scene = await managedAtVendor({ marks: false });
  scene.vendor.fail('lost');
  await expect(startOperation(scene.order(), scene.connection, scene.means)).rejects.toMatchObject({
    code: 'pending',
  });
  scene.clock.advance(LONGEST_REQUEST_MS + MINUTE);
  const resumed = await resume(scene);
  const said: string[] = [];
  const output = { warn: (text: string) => void said.push(text), human: false, format: 'text' };
  const shown = showResumed({ resumed: [resumed], left: [] }, output as never);
  const hint = `if id-1 is it: keys revoke id-1, then keys resume creates another; if not: keys pending drop ${resumed.operation.id}`;
  await expect(shown).rejects.toMatchObject({ code: 'pending', hint: expect.stringContaining(hint) });
  expect(said.join()).toContain('id-1 (web) is new and may be it');
});

it('a service that was restored from a backup: the places that hold a dead secret are named, and the old key is in use', async () => {
  const scene = await halfRolled(await managedAtVendor());
  scene.vendor.keys.splice(0, 1);
  scene.clock.advance(HOUR);
  const { outcome } = await resume(scene);
  expect(outcome?.dropped).toContain('id-2 was revoked meanwhile; the old key id-1 works on');
  expect(outcome?.dropped).toContain('its secret at the place does not work: a roll of web delivers');
  const managed = await scene.ledger.managed.byName(scene.draft.account, 'web');
  expect(managed?.versions.map(({ id, state }) => `${id} ${state}`)).toEqual(['id-2 revoked', 'id-1 active']);
});

it('a new key that may do more than was asked is reported before its old key ends', async () => {
  const scene = await managedAtVendor();
  const said: string[] = [];
  const means = { ...scene.means, warn: (text: string) => void said.push(text) };
  const { create } = scene.vendor.service;
  const as = (scopes: string[]) => ({
    ...means,
    service: {
      ...scene.vendor.service,
      create: async (...input: Parameters<typeof create>) => {
        const created = await create(...input);
        return { ...created, key: { ...created.key, scopes } };
      },
    },
  });
  const order = (name: string) =>
    scene.order({
      name,
      request: { create: { name, scopes: ['read'] } },
      managed: { ...scene.draft, id: name, name },
    });
  await startOperation(order('a'), scene.connection, as(['read']));
  expect(said).toEqual([]);
  await startOperation(order('b'), scene.connection, as(['*']));
  expect(said.filter((text) => !text.includes('no longer a place'))).toEqual([
    'id-2 may do more than was asked: the scopes *, where read was asked',
  ]);
});

it('a list that never ends is not read for ever before a create', async () => {
  const clock = settableClock();
  let pages = 0;
  const list = async () => {
    clock.advance(1_000);
    pages++;
    return { keys: [{ id: `k${pages}`, name: 'web', status: 'active' as const }], next_cursor: `${pages}` };
  };
  const { means } = await managedAtVendor();
  const endless = createCensus({ clock, service: { ...means.service, list } }).ids();
  await expect(endless).rejects.toMatchObject({
    code: 'bad_response',
    message: expect.stringContaining('has not ended'),
  });
  expect(pages).toBeLessThan(200);
});

it('a key that was revoked has no secret to deliver, and no roll is advised', async () => {
  const { order, connection, means, ledger, draft } = await managedAtVendor();
  await startOperation(order(), connection, means);
  const managed = await ledger.managed.byName(draft.account, 'web');
  if (managed === null) throw new Error('the key was created');
  const versions = managed.versions.map((one) => ({ ...one, state: 'revoked' as const }));
  await ledger.managed.save({ ...managed, versions }, null);
  const delivered = deliverKey({ ...managed, versions }, order().places, means);
  await expect(delivered).rejects.toMatchObject({ hint: expect.stringContaining('create another key') });
});
