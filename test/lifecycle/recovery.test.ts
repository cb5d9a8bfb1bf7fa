import { describe, expect, it } from 'vitest';
import { KeysError } from '../../src/domain/errors.js';
import { LONGEST_REQUEST_MS } from '../../src/domain/longest-request.js';
import { refuseForgetfulLedger } from '../../src/lifecycle/ledger/lasting-ledger.js';
import { resultOf, resumeOne } from '../../src/lifecycle/operation/resume.js';
import { requireFinished, startOperation } from '../../src/lifecycle/operation/start-operation.js';
import { deliverKey } from '../../src/lifecycle/places/deliver-key.js';
import { removePlace } from '../../src/lifecycle/places/remove-place.js';
import { revokeKey } from '../../src/lifecycle/revoke-key.js';
import { abortRoll, pendingOf } from '../../src/lifecycle/roll/abort-roll.js';
import { bySettings, requireSameSettings } from '../../src/lifecycle/roll/account-settings.js';
import { leftByDropped } from '../../src/lifecycle/roll/roll-key.js';
import { loadProvider } from '../../src/providers/registry.js';
import type { Operation } from '../../src/storage/ledger/operation.js';
import { HOUR } from '../support/settable-clock.js';
import { managedAtVendor } from './memory-vendor.js';

type Scene = Awaited<ReturnType<typeof managedAtVendor>>;

const resume = async ({ ledger, means, clock }: Scene, operation?: Operation) => {
  const [first] = operation === undefined ? await ledger.operations() : [operation];
  if (first === undefined) throw new Error('nothing is pending');
  const resumed = await resumeOne(first, { ledger, connect: async () => means, now: () => clock.now() });
  return { ...resumed, result: resultOf(resumed) };
};

const create = ({ order, connection, means }: Scene, changes = {}) =>
  startOperation(order(changes), connection, means);

/** Creates the key and returns what a roll of it needs. */
async function createdKey(scene: Scene, graceMs = HOUR) {
  const { created } = await create(scene);
  const old = created?.key;
  const managed = await scene.ledger.managed.byName(scene.draft.account, 'web');
  if (old === undefined || managed === null) throw new Error('the key was created');
  const retire = { id: old.id, name: 'web', grace_ms: graceMs, at: null, since: null, settable: false };
  return { old, roll: { managed, known: true, previous: old, retire } };
}

describe('a lost response', () => {
  it('leaves nothing behind where the vendor refused the first and only request', async () => {
    for (const fault of [422, 409] as const) {
      const scene = await managedAtVendor();
      scene.vendor.fail(fault);
      await expect(create(scene)).rejects.toMatchObject({ outcome: fault === 422 ? 'not_done' : 'unknown' });
      expect(await scene.ledger.operations()).toEqual([]);
      expect(await scene.ledger.managed.all()).toEqual([]);
    }
  });

  it('of a refusal for the rate is sent again after the wait, where two lists show that nothing was created', async () => {
    const scene = await managedAtVendor();
    const began = scene.clock.now();
    scene.vendor.fail(429);
    await create(scene);
    expect(scene.vendor.keys.map(({ id }) => id)).toEqual(['id-1']);
    expect(scene.clock.now() - began).toBeGreaterThanOrEqual(7_000);
    expect(scene.place.held).toEqual({ secret: scene.vendor.secretOf('id-1') });
    const other = await managedAtVendor();
    other.vendor.fail('429 lost');
    await expect(create(other)).rejects.toMatchObject({ code: 'pending' });
    expect(other.vendor.keys).toHaveLength(1);
  });

  it('is created anew where two full lists show that nothing was created', async () => {
    const scene = await managedAtVendor();
    scene.vendor.add({ name: 'web of a stranger' });
    scene.vendor.fail('never arrives');
    await expect(create(scene)).rejects.toMatchObject({ code: 'pending' });
    scene.clock.advance(LONGEST_REQUEST_MS);
    expect(await resume(scene)).toMatchObject({ result: 'created_anew' });
    expect(scene.vendor.keys.map(({ name }) => name)).toEqual(['web', 'web of a stranger']);
    expect(scene.place.held).toEqual({ secret: scene.vendor.secretOf('id-2') });
    expect(await scene.ledger.operations()).toEqual([]);
  });

  it('is revoked and created anew where the key bears our mark', async () => {
    const scene = await managedAtVendor();
    scene.vendor.fail('lost');
    await expect(create(scene)).rejects.toMatchObject({ code: 'pending' });
    expect(await resume(scene)).toMatchObject({ result: 'created_anew', outcome: { revoked: ['id-1'] } });
    expect(scene.vendor.keys.map(({ id }) => id)).toEqual(['id-2']);
  });

  it('is revoked and created anew where only the second list shows the key with our mark', async () => {
    const scene = await managedAtVendor();
    scene.vendor.fail('listed late');
    await expect(create(scene)).rejects.toMatchObject({ code: 'pending' });
    scene.clock.advance(LONGEST_REQUEST_MS);
    expect(await resume(scene)).toMatchObject({ result: 'created_anew', outcome: { revoked: ['id-1'] } });
    expect(scene.vendor.keys.map(({ id }) => id)).toEqual(['id-2']);
  });

  it('waits while the request may still arrive, also where the clock was set back', async () => {
    const scene = await managedAtVendor();
    scene.vendor.fail('never arrives');
    await expect(create(scene)).rejects.toMatchObject({ code: 'pending' });
    const until = new Date(scene.clock.now() + LONGEST_REQUEST_MS).toISOString().slice(0, 19);
    scene.clock.advance(LONGEST_REQUEST_MS - 6_000);
    const waits = { result: 'waiting', outcome: { waiting: expect.stringContaining(until) } };
    expect(await resume(scene)).toMatchObject(waits);
    scene.clock.advance(-HOUR);
    expect(await resume(scene)).toMatchObject({ result: 'waiting' });
    scene.clock.advance(LONGEST_REQUEST_MS - 4_000);
    // The rest is a pause between two requests.
    expect(await resume(scene)).toMatchObject({ result: 'created_anew' });
    expect(scene.vendor.keys).toHaveLength(1);
  });

  it('sends no mark where an API gets the metadata', async () => {
    for (const id of ['clerk', 'unkey']) expect(await loadProvider(id)).toMatchObject({ marks: false });
    const scene = await managedAtVendor({ marks: false });
    scene.vendor.fail('lost');
    await expect(create(scene)).rejects.toMatchObject({ code: 'pending' });
    expect(scene.vendor.keys[0]?.metadata).toBeUndefined();
    expect(await resume(scene)).toMatchObject({ result: 'waiting' });
    expect(scene.vendor.keys.map(({ id }) => id)).toEqual(['id-1']);
  });

  it('stays pending while a new key is there that nobody can prove to be ours', async () => {
    const scene = await managedAtVendor();
    scene.vendor.fail('lost');
    await expect(create(scene)).rejects.toMatchObject({ code: 'pending' });
    scene.vendor.change('id-1', { metadata: {} });
    for (let run = 0; run < 2; run++) {
      expect(await resume(scene)).toMatchObject({
        result: 'waiting',
        outcome: { unproven: [{ id: 'id-1' }] },
      });
    }
    expect(scene.vendor.keys.map(({ id }) => id)).toEqual(['id-1']);
    expect(await scene.ledger.operations()).toHaveLength(1);
  });
});

describe('a roll in place, at a vendor that the definition language describes', () => {
  /** A roll whose first request was lost on its way, as after a kill. */
  async function inFlight() {
    const scene = await managedAtVendor();
    const provider = await loadProvider('cloudflare');
    const { old, roll } = await createdKey(scene);
    const sent: string[] = [];
    const lost = new Set([1]);
    scene.vendor.service.roll = async (id) => {
      sent.push(id);
      if (lost.has(sent.length)) throw new KeysError('timeout', 'no response');
      return { key: old, credential: { secret: `not_a_real_secret_${sent.length}` }, previous: old };
    };
    const connection = { ...scene.connection, provider };
    const request = { roll: old.id, name: old.name };
    const changes = { ...roll, retire: null, inPlace: true, request };
    const escrow = {
      ...scene.means.escrow,
      reserve: async () => {
        throw new KeysError('keychain_unavailable', 'there is no keychain');
      },
    };
    const means = { ...scene.means, provider, escrow };
    const started = startOperation(scene.order(changes), connection, means);
    await expect(started).rejects.toMatchObject({ code: 'pending' });
    return { ...scene, means, sent, lost };
  }

  it('is sent again only when its lost request can no longer arrive after it; it needs no escrow', async () => {
    const scene = await inFlight();
    expect(await resume(scene)).toMatchObject({ result: 'waiting' });
    expect(scene.sent).toHaveLength(1);
    scene.clock.advance(LONGEST_REQUEST_MS);
    expect(await resume(scene)).toMatchObject({ result: 'finished' });
    expect([scene.sent.length, scene.place.held]).toEqual([2, { secret: 'not_a_real_secret_2' }]);
  });

  it('waits too where its secret was received, lost with a full place, and is asked for again', async () => {
    const scene = await inFlight();
    scene.clock.advance(LONGEST_REQUEST_MS);
    scene.place.refuses = true;
    expect(await resume(scene)).toMatchObject({ result: 'waiting' });
    scene.place.refuses = false;
    scene.lost.add(3);
    await resume(scene);
    expect(await resume(scene)).toMatchObject({ result: 'waiting' });
    expect(scene.sent).toHaveLength(3);
    scene.clock.advance(LONGEST_REQUEST_MS);
    expect(await resume(scene)).toMatchObject({ result: 'finished' });
    expect([scene.sent.length, scene.place.held]).toEqual([4, { secret: 'not_a_real_secret_4' }]);
  });
});

describe('a pending operation whose new key was revoked elsewhere', () => {
  it('delivers nothing, and is closed: the old key of a roll works on', async () => {
    const scene = await managedAtVendor();
    const { old, roll } = await createdKey(scene);
    const before = scene.place.held;
    scene.place.refuses = true;
    const { created } = await create(scene, roll);
    const id = created?.key.id ?? '';
    await scene.vendor.service.revoke(id);
    scene.place.refuses = false;
    expect(await resume(scene)).toMatchObject({
      result: 'dropped',
      outcome: { dropped: `${id} was revoked meanwhile; the old key ${old.id} works on` },
    });
    expect([scene.place.held, await scene.ledger.operations()]).toEqual([before, []]);
    expect(scene.vendor.keys.map((key) => key.id)).toEqual([old.id]);
  });

  it('delivers nothing of it either where only its response was lost, and the service repeats that', async () => {
    const scene = await managedAtVendor();
    scene.vendor.fail('lost');
    await expect(create(scene)).rejects.toMatchObject({ code: 'pending' });
    const [sent] = await scene.ledger.operations();
    const [key] = scene.vendor.keys;
    if (sent === undefined || key === undefined) throw new Error('the request was sent');
    const lease = await scene.means.leases.take(sent.managed, scene.means.holder, () => false);
    if (!lease.taken) throw new Error('nothing else works on it');
    await scene.ledger.saveOperation({ ...sent, idempotent: true }, lease.lease);
    await scene.means.leases.release(lease.lease);
    const repeated = { key, credential: { secret: scene.vendor.secretOf(key.id) ?? '' } };
    await scene.vendor.service.revoke(key.id);
    scene.vendor.service.create = async () => repeated;
    expect(await resume(scene)).toMatchObject({
      result: 'dropped',
      outcome: { dropped: `${key.id} was revoked meanwhile` },
    });
    expect([scene.place.held, await scene.ledger.operations()]).toEqual([null, []]);
  });

  it('closes a create, and says so to a delivery', async () => {
    const scene = await managedAtVendor();
    scene.place.refuses = true;
    const { created } = await create(scene);
    scene.vendor.change(created?.key.id ?? '', { status: 'revoked' });
    scene.place.refuses = false;
    const managed = await scene.ledger.managed.byName(scene.draft.account, 'web');
    if (managed === null) throw new Error('the ledger has the key');
    await expect(deliverKey(managed, scene.order().places, scene.means)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('was revoked meanwhile'),
    });
    expect([scene.place.held, await scene.ledger.operations()]).toEqual([null, []]);
  });
});

describe('a roll', () => {
  it('leaves the old key alone while a place has no new secret, and starts its grace at the delivery', async () => {
    const scene = await managedAtVendor();
    const { old, roll } = await createdKey(scene);
    scene.place.refuses = true;
    const first = await create(scene, roll);
    expect(first.pending).toHaveLength(1);
    scene.clock.advance(48 * HOUR);
    expect(await resume(scene)).toMatchObject({ result: 'waiting' });
    expect(scene.vendor.keys.map(({ id }) => id)).toContain(old.id);
    scene.place.refuses = false;
    const delivered = await resume(scene);
    expect(delivered.outcome?.retiresAt).toBe(scene.clock.now() + HOUR);
    scene.clock.advance(HOUR);
    expect(await resume(scene)).toMatchObject({ result: 'finished', outcome: { retired: true } });
    expect(scene.vendor.keys.map(({ id }) => id)).toEqual(['id-2']);
    const managed = await scene.ledger.managed.byName(scene.draft.account, 'web');
    expect(managed?.versions.map(({ id, state }) => [id, state])).toEqual([
      ['id-2', 'active'],
      ['id-1', 'revoked'],
    ]);
    expect(scene.kept.size).toBe(0);
  });

  it('is held by a refused try, and by no other response', async () => {
    for (const [verdict, held] of [
      [{ outcome: 'refused', status: 401, message: 'unknown' }, true],
      [{ outcome: 'unreachable', message: 'cut' }, false],
      [{ outcome: 'not_asked', message: 'no such request' }, false],
    ] as const) {
      const scene = await managedAtVendor();
      const { roll } = await createdKey(scene);
      scene.state.verdict = verdict;
      const { waiting } = await create(scene, roll);
      expect(waiting !== null).toBe(held);
    }
  });

  it('gives the old key one more grace where it was used after the delivery', async () => {
    const scene = await managedAtVendor();
    const { old, roll } = await createdKey(scene);
    await create(scene, roll);
    scene.clock.advance(HOUR / 2);
    scene.vendor.change(old.id, { last_used: new Date(scene.clock.now()).toISOString() });
    scene.clock.advance(HOUR / 2);
    expect(await resume(scene)).toMatchObject({ result: 'waiting', outcome: { retired: false } });
    scene.clock.advance(HOUR);
    expect(await resume(scene)).toMatchObject({ outcome: { retired: true } });
  });

  it('neither starts a grace nor revokes by a clock that is wrong', async () => {
    const scene = await managedAtVendor();
    const { old, roll } = await createdKey(scene);
    scene.state.minutesAhead = -1440;
    const first = await create(scene, roll);
    expect(first.waiting).toBe(
      `the grace of the old key ${old.id} has not started: the clock of this machine is 1440 minutes slow`,
    );
    // A later call hears of it from a response of its own, before it sets or plans the end.
    scene.state.minutesAhead = null;
    const { get } = scene.vendor.service;
    scene.vendor.service.get = async (id) => {
      scene.state.minutesAhead = -1440;
      return await get(id);
    };
    expect(await resume(scene)).toMatchObject({ result: 'waiting', outcome: { retired: false } });
    scene.vendor.service.get = get;
    scene.state.minutesAhead = null;
    expect(await resume(scene)).toMatchObject({ outcome: { retiresAt: scene.clock.now() + HOUR } });
    scene.clock.advance(HOUR);
    scene.state.minutesAhead = 60;
    expect(await resume(scene)).toMatchObject({ result: 'waiting', outcome: { retired: false } });
    expect(scene.vendor.keys.map(({ id }) => id)).toEqual(['id-2', 'id-1']);
    scene.state.minutesAhead = null;
    expect(await resume(scene)).toMatchObject({ result: 'finished', outcome: { retired: true } });
  });

  it('revokes the old key at its time, although its successor was replaced or revoked meanwhile', async () => {
    for (const how of ['rolled', 'revoked'] as const) {
      const scene = await managedAtVendor();
      const { old, roll } = await createdKey(scene);
      const { created } = await create(scene, roll);
      const managed = await scene.ledger.managed.byId(roll.managed.id);
      const successor = created?.key;
      if (successor === undefined || managed === null) throw new Error('the key was rolled');
      if (how === 'rolled') {
        const retire = { ...roll.retire, id: successor.id, grace_ms: 0 };
        await create(scene, { managed, known: true, previous: successor, retire });
      } else {
        const context = { output: { say: () => undefined } } as unknown as Parameters<typeof revokeKey>[3];
        await revokeKey({ key: successor, managed, by: 'id' }, {}, scene.means, context);
      }
      expect(scene.vendor.keys.map(({ id }) => id)).toEqual(how === 'rolled' ? ['id-3', old.id] : [old.id]);
      scene.clock.advance(HOUR);
      expect(await resume(scene)).toMatchObject({ result: 'finished', outcome: { retired: true } });
      expect(scene.vendor.keys.map(({ id }) => id)).toEqual(how === 'rolled' ? ['id-3'] : []);
    }
  });

  it('never revokes a key that was delivered, although its secret is lost', async () => {
    const scene = await managedAtVendor();
    const { roll } = await createdKey(scene);
    scene.state.verdict = { outcome: 'refused', status: 401, message: 'not yet' };
    await create(scene, { ...roll, escrow: false });
    scene.place.held = null;
    expect(await resume(scene)).toMatchObject({ error: null });
    expect(scene.vendor.keys.map(({ id }) => id)).toEqual(['id-2', 'id-1']);
  });

  it('is undone by an abort, but not once a place has the new secret', async () => {
    const scene = await managedAtVendor();
    const { old, roll } = await createdKey(scene);
    scene.place.refuses = true;
    await create(scene, roll);
    const operation = pendingOf('web', await scene.ledger.operations());
    expect(await abortRoll(operation, scene.means)).toEqual([
      'revoked the new key id-2',
      `the old key ${old.id} stays`,
    ]);
    scene.place.refuses = false;
    const managed = await scene.ledger.managed.byName(scene.draft.account, 'web');
    await create(scene, { ...roll, managed });
    const waiting = pendingOf('web', await scene.ledger.operations());
    await expect(abortRoll(waiting, scene.means)).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('is undone by an abort where the grace cannot be taken back: the ledger has the end of the old key, and the abort says it', async () => {
    for (const settable of [false, true]) {
      const scene = await managedAtVendor();
      const { old, roll } = await createdKey(scene);
      const end = new Date(scene.clock.now() + HOUR).toISOString();
      scene.vendor.service.roll = async () => {
        const { key, credential } = scene.vendor.add({ name: 'web' });
        scene.vendor.change(old.id, { status: 'retiring', expires_at: end, rolled_to: key.id });
        return { key, credential, previous: await scene.vendor.service.get(old.id) };
      };
      scene.place.refuses = true;
      const request = { roll: old.id, grace_seconds: 3600, name: 'web' };
      // Where the end can be set, this vendor refuses to set it back.
      await create(scene, { ...roll, request, retire: { ...roll.retire, settable } });
      const operation = pendingOf('web', await scene.ledger.operations());
      const told = await abortRoll(operation, scene.means);
      expect(told.join('\n')).toContain(`the old key ${old.id} ends at ${end} all the same`);
      const managed = await scene.ledger.managed.byName(scene.draft.account, 'web');
      expect(managed?.versions).toMatchObject([
        { id: 'id-2', state: 'revoked' },
        { id: old.id, state: 'retiring', ends_at: Date.parse(end) },
      ]);
      expect(await scene.ledger.operations()).toEqual([]);
      // Nothing replaces the old key, so the name is free for its successor.
      scene.place.refuses = false;
      await create(scene, { managed: managed ?? scene.draft });
      expect(scene.place.held).toEqual({ secret: scene.vendor.secretOf('id-3') });
    }
  });

  it('is not undone where the old key has ended: nothing is changed, and resume finishes it', async () => {
    for (const revokeFirst of [true, false]) {
      const scene = await managedAtVendor();
      const { old, roll } = await createdKey(scene);
      scene.place.refuses = true;
      await create(scene, revokeFirst ? { ...roll, retire: null, revokeFirst } : roll);
      if (!revokeFirst) await scene.vendor.service.revoke(old.id, {});
      const operation = pendingOf('web', await scene.ledger.operations());
      await expect(abortRoll(operation, scene.means)).rejects.toMatchObject({
        code: 'unsupported',
        message: expect.stringContaining(`${old.id} has ended`),
      });
      expect(scene.vendor.keys.map(({ id }) => id)).toEqual(['id-2']);
      scene.place.refuses = false;
      expect(await resume(scene)).toMatchObject({ result: 'finished' });
      expect(scene.place.held).toEqual({ secret: scene.vendor.secretOf('id-2') });
    }
  });

  it('revokes the old key first only when everything else was checked, and is finished by resume', async () => {
    const scene = await managedAtVendor();
    const { roll } = await createdKey(scene);
    scene.vendor.fail(422);
    await expect(create(scene, { ...roll, retire: null, revokeFirst: true })).rejects.toMatchObject({
      code: 'pending',
    });
    expect(scene.vendor.keys).toEqual([]);
    expect(await resume(scene)).toMatchObject({ result: 'finished' });
    expect(scene.place.held).toEqual({ secret: scene.vendor.secretOf('id-2') });
  });
});

describe('after a roll was dropped', () => {
  /**
   * A roll whose new key is at no place, and that nobody finishes: the old key is version 2, its successor
   * version 1.
   */
  async function dropped() {
    const scene = await managedAtVendor();
    const { old, roll } = await createdKey(scene);
    scene.place.refuses = true;
    const { created, operation } = await create(scene, roll);
    await scene.ledger.endOperation(operation.id);
    scene.place.refuses = false;
    const managed = await scene.ledger.managed.byId(roll.managed.id);
    const left = created?.key;
    if (managed === null || left === undefined) throw new Error('the key was rolled');
    return { scene, old, left, managed };
  }

  it('the key that it has left can be rolled: a successor is created, delivered and active', async () => {
    for (const revokeFirst of [true, false]) {
      const { scene, old, left, managed } = await dropped();
      const retire = { id: left.id, name: 'web', grace_ms: 0, at: null, since: null, settable: false };
      const changes = {
        managed,
        known: true,
        previous: left,
        retire: revokeFirst ? null : retire,
        revokeFirst,
      };
      const outcome = await create(scene, changes);
      expect(outcome).toMatchObject({ dropped: null, created: { key: { id: 'id-3' } } });
      expect(scene.place.held).toEqual({ secret: scene.vendor.secretOf('id-3') });
      expect(scene.vendor.keys.map(({ id }) => id)).toEqual(['id-3', old.id]);
      const after = await scene.ledger.managed.byId(managed.id);
      expect(after?.versions.map(({ id, state }) => [id, state])).toEqual([
        ['id-3', 'active'],
        [left.id, 'revoked'],
        [old.id, 'retiring'],
      ]);
    }
  });

  it('a warning names the version that the next roll does not revoke', async () => {
    const { scene, old, left, managed } = await dropped();
    const now = scene.clock.now();
    expect(leftByDropped(managed, left.id, now)).toEqual([
      expect.stringContaining(`${old.id} of web works too`),
    ]);
    expect(leftByDropped(managed, old.id, now)).toEqual([
      expect.stringContaining(`${left.id} of web works too`),
    ]);
  });

  it('an operation that is closed without its key is refused, and never reported as done', async () => {
    const { scene, left, managed } = await dropped();
    const active = managed.versions.map((one) =>
      one.id === left.id ? { ...one, state: 'active' as const } : { ...one, state: 'retiring' as const },
    );
    await scene.ledger.managed.save({ ...managed, versions: active }, null);
    const current = await scene.ledger.managed.byId(managed.id);
    const previous = managed.versions[1]?.record ?? null;
    const outcome = await create(scene, { managed: current, known: true, previous, revokeFirst: true });
    expect(outcome.dropped).toContain('superseded');
    expect(() => requireFinished(outcome)).toThrow('the roll of web was not done');
    expect(scene.vendor.keys).toHaveLength(2);
  });
});

describe('a program that was killed', () => {
  it('after it has revoked the old key first: the roll goes on', async () => {
    const scene = await managedAtVendor();
    const { old, roll } = await createdKey(scene);
    scene.vendor.keys.splice(0, 1);
    const { created } = await create(scene, { ...roll, retire: null, revokeFirst: true });
    expect(scene.vendor.keys.map(({ id }) => id)).toEqual([created?.key.id]);
    const managed = await scene.ledger.managed.byName(scene.draft.account, 'web');
    expect(managed?.versions.find(({ id }) => id === old.id)?.state).toBe('revoked');
  });

  it('during an abort, before or after it has revoked the new key: resume undoes the rest and delivers nothing', async () => {
    for (const after of [false, true]) {
      const scene = await managedAtVendor();
      const { old, roll } = await createdKey(scene);
      const held = scene.place.held;
      scene.place.refuses = true;
      await create(scene, roll);
      const operation = pendingOf('web', await scene.ledger.operations());
      const revoke = scene.means.service.revoke;
      const killed = {
        ...scene.means,
        service: {
          ...scene.means.service,
          async revoke(id: string) {
            if (after) await revoke(id);
            throw new Error('killed');
          },
        },
      };
      await expect(abortRoll(operation, killed)).rejects.toThrow('killed');
      scene.place.refuses = false;
      expect(await resume(scene)).toMatchObject({ result: 'dropped' });
      expect(scene.place.held).toEqual(held);
      expect(scene.vendor.keys.map(({ id }) => id)).toEqual([old.id]);
      expect(await scene.ledger.operations()).toEqual([]);
    }
  });
});

it('what a roll was asked for is remembered: the next successor lives no longer', async () => {
  const scene = await managedAtVendor();
  const { roll } = await createdKey(scene);
  const expires_at = new Date(scene.clock.now() + 24 * HOUR).toISOString();
  await create(scene, { ...roll, request: { create: { name: 'web', expires_at } } });
  const managed = await scene.ledger.managed.byName(scene.draft.account, 'web');
  expect(managed?.rights).toMatchObject({ lifetime_ms: 24 * HOUR });
  expect(managed?.rights?.metadata).toBeUndefined();
});

it('a place that is removed gets no secret that is still pending for it', async () => {
  const scene = await managedAtVendor();
  const { roll } = await createdKey(scene);
  scene.place.refuses = true;
  await create(scene, roll);
  const held = scene.place.held;
  await removePlace(roll.managed, 'file:/x#WEB', scene.means);
  scene.place.refuses = false;
  // It was the last one: a roll that finished now would leave the new secret nowhere.
  expect(await resume(scene)).toMatchObject({
    result: 'waiting',
    outcome: { waiting: 'no place is left for its secret: deliver it to another one', retiresAt: null },
  });
  expect(scene.place.held).toEqual(held);
  const managed = await scene.ledger.managed.byName(scene.draft.account, 'web');
  expect(managed?.places).toEqual([]);
});

it('is refused in a CI job that forgets its ledger, where nobody else revokes the old key', () => {
  const key = { id: 'id-1', name: 'web' };
  const retire = { ...key, grace_ms: HOUR, at: null, since: null, settable: false };
  const roll = (plan: Partial<typeof retire>, env: Record<string, string>, kept?: string) =>
    refuseForgetfulLedger(
      [{ old: key, retire: { ...retire, ...plan } }],
      { shared: null },
      {
        env,
        settings: () => ({ get: () => kept }) as never,
      },
    );
  expect(() => roll({}, { CI: 'true' })).toThrow('nobody would revoke web');
  for (const fine of [
    () => roll({}, {}),
    () => roll({}, { CI: 'true' }, 'kept'),
    () => roll({ grace_ms: 0 }, { CI: 'true' }),
    () => roll({ settable: true }, { CI: 'true' }),
  ])
    expect(fine).not.toThrow();
});

it('takes the settings of each key where the call leaves them open, and lets none contradict the call', () => {
  const key = (name: string, context: Record<string, string> | null) => ({
    name,
    managed:
      context === null ? null : { account: { provider: 'acme', address: 'https://vendor.example', context } },
  });
  const keys = [
    key('a', { domain: 'one' }),
    key('b', { domain: 'two' }),
    key('c', { domain: 'one' }),
    key('d', null),
  ];
  const groups = (said: Record<string, string>) =>
    bySettings(keys, said).map(({ set, keys: those }) => [set, those.map(({ name }) => name).join('')]);
  expect(groups({})).toEqual([
    [{ domain: 'one' }, 'ac'],
    [{ domain: 'two' }, 'b'],
    [{}, 'd'],
  ]);
  // The roll of `b` is refused then.
  expect(groups({ domain: 'one' })).toEqual([[{ domain: 'one' }, 'abcd']]);
});

it('is refused without the settings that the key was created with', () => {
  const account = { provider: 'resend', address: 'https://vendor.example', context: { domain: 'dom_1' } };
  const key = { account, name: 'web' };
  expect(() => requireSameSettings(key, {})).toThrow('web was created with --set domain=dom_1');
  expect(() => requireSameSettings(key, { domain: 'dom_2' })).toThrow('--set domain=dom_1');
  expect(() => requireSameSettings(key, { domain: 'dom_1', region: 'eu' })).not.toThrow();
});

describe('an operation', () => {
  it('is closed, not revived, where its key was revoked since', async () => {
    const scene = await managedAtVendor();
    scene.place.refuses = true;
    await create(scene);
    const managed = await scene.ledger.managed.byName(scene.draft.account, 'web');
    if (managed === null) throw new Error('the key is known');
    const versions = managed.versions.map((version) => ({ ...version, state: 'revoked' as const }));
    await scene.ledger.managed.save({ ...managed, versions }, null);
    expect(await resume(scene)).toMatchObject({ result: 'dropped' });
    expect(await scene.ledger.operations()).toEqual([]);
  });

  it('is not continued with the credential of another account', async () => {
    const scene = await managedAtVendor();
    scene.vendor.fail('never arrives');
    await expect(create(scene)).rejects.toMatchObject({ code: 'pending' });
    scene.state.fingerprint = 'b';
    expect(await resume(scene)).toMatchObject({ result: 'failed', error: { code: 'origin_mismatch' } });
    expect(scene.vendor.keys).toEqual([]);
  });

  it('waits while another program holds the lease of its key', async () => {
    const scene = await managedAtVendor();
    scene.place.refuses = true;
    const { operation } = await create(scene);
    await scene.ledger
      .leases(scene.clock)
      .take(operation.managed, { machine: 'elsewhere', pid: 9 }, () => false);
    expect(await resume(scene)).toMatchObject({ result: 'failed', error: { code: 'conflict' } });
  });

  it('renews its lease half a minute after it was taken, and not for each step', async () => {
    const scene = await managedAtVendor();
    const { clock, means } = scene;
    const start = clock.now();
    const renewed: number[] = [];
    const renew: typeof means.leases.renew = (lease) => {
      renewed.push(clock.now() - start);
      return means.leases.renew(lease);
    };
    const deliver = async () => void clock.advance(30_000);
    const open = async () => ({ label: 'the place', deliver });
    const counting = { ...means, open, leases: { ...means.leases, renew } };
    await startOperation(scene.order(), scene.connection, counting);
    expect(renewed).toEqual([30_000]);
  });

  it('does not begin a roll of a key that another program has just paused', async () => {
    const scene = await managedAtVendor();
    const { means, ledger } = scene;
    const done = await startOperation(scene.order(), scene.connection, means);
    const managed = await ledger.managed.byName(scene.draft.account, 'web');
    if (managed === null || done.created === null) throw new Error('the key was created');
    const order = scene.order({ managed, known: true, previous: done.created.key });
    const versions = managed.versions.map((version) => ({
      ...version,
      record: { ...version.record, status: 'paused' as const },
    }));
    await ledger.managed.save({ ...managed, versions }, null);
    await expect(startOperation(order, scene.connection, means)).rejects.toMatchObject({ code: 'conflict' });
    expect(scene.vendor.keys).toHaveLength(1);
  });

  it('keeps its lease while a delivery takes longer than a lease holds', async () => {
    const scene = await managedAtVendor();
    const { clock, means, state, ledger, draft } = scene;
    const other = { machine: 'elsewhere', pid: 9 };
    const attempts: boolean[] = [];
    const deliver = async () => {
      for (let minute = 0; minute < 12; minute++) {
        clock.advance(60_000);
        await state.renew();
        attempts.push((await ledger.leases(clock).take(draft.id, other, () => false)).taken);
      }
    };
    const slow = { ...means, open: async () => ({ label: 'the place', deliver }) };
    const { pending } = await startOperation(scene.order(), scene.connection, slow);
    expect(pending).toEqual([]);
    expect(attempts).toEqual(Array(12).fill(false));
    expect((await ledger.leases(clock).take(draft.id, other, () => false)).taken).toBe(true);
  });
});
