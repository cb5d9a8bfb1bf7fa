import { expect, it } from 'vitest';
import { type RollFlags, readChoices } from '../../src/cli/options/roll-flags.js';
import { startOperation } from '../../src/lifecycle/operation/start-operation.js';
import { planOfPending } from '../../src/lifecycle/roll/pending-roll.js';
import { planRoll } from '../../src/lifecycle/roll/plan-roll.js';
import { HOUR } from '../support/settable-clock.js';
import { managedAtVendor } from './memory-vendor.js';

/**
 * A roll with these flags that is pending at a place that refuses, and the plan that a later call with others
 * gets.
 */
async function pendingRoll(flags: RollFlags, way: 'composed' | 'provider') {
  const scene = await managedAtVendor();
  const { order, means, draft, ledger, place, clock, vendor } = scene;
  const grace = { kind: 'any', defaultSeconds: 3600 } as const;
  const connection =
    way === 'composed' ? scene.connection : { ...scene.connection, roll: { by: 'provider' as const, grace } };
  const { created } = await startOperation(order(), connection, means);
  const managed = await ledger.managed.byName(draft.account, 'web');
  const old = created?.key;
  if (managed === null || old === undefined) throw new Error('the key was created');
  const planned = (asked: RollFlags, key = old) =>
    planRoll(key, managed, readChoices(asked, clock.now()), connection, clock.now());
  const plan = planned(flags);
  vendor.service.roll = async () => {
    const { key, credential } = vendor.add({ name: 'web' });
    return { key, credential, previous: { ...old, rolled_to: key.id } };
  };
  place.refuses = true;
  await startOperation(order({ ...plan, managed, known: true, previous: old }), connection, means);
  const [pending] = await ledger.operations();
  const [newest] = vendor.keys;
  if (pending === undefined || newest === undefined) throw new Error('the roll is pending');
  const again = (asked: RollFlags) =>
    planOfPending(pending, planned(asked, newest), readChoices(asked, clock.now()), clock.now());
  return { again, old, newest, clock, plan };
}

const NONE: RollFlags = {};
const AHEAD = (days: number) => new Date(Date.now() + days * 24 * HOUR).toISOString().slice(0, 10);
const CALLS: readonly RollFlags[] = [
  ...([{ grace: '1h' }, { grace: '5m' }, { now: true }, { revokeFirst: true }, { until: AHEAD(9) }] as const),
  ...([
    { grace: '2h', expires: '90d' },
    { grace: '2h', expires: AHEAD(60) },
  ] as const),
];

it('a pending roll goes on with the same flags, even later, and refuses others', async () => {
  for (const way of ['composed', 'provider'] as const) {
    for (const flags of CALLS) {
      const { again, old, newest, clock } = await pendingRoll(flags, way);
      expect(newest.id).not.toBe(old.id);
      // Where the provider lists the new key under the name, the old key is still the one that is rolled.
      for (const same of [flags, NONE]) expect(again(same).old.id, way).toBe(old.id);
      clock.advance(HOUR / 2);
      expect(again(flags).old.id, JSON.stringify([way, flags])).toBe(old.id);
      for (const other of CALLS.filter((one) => one !== flags)) {
        const what = JSON.stringify([way, flags, other]);
        // To revoke the old key first is more than to revoke it now.
        if (flags.revokeFirst && other.now) expect(again(other).revokeFirst, what).toBe(true);
        else expect(() => again(other), what).toThrow(/^a roll of web .* with another .* is pending$/);
      }
    }
  }
});
