import { expect, it } from 'vitest';
import { MANAGED_COLUMNS, managedFields } from '../../src/cli/show/managed-columns.js';
import { createDescriber } from '../../src/lifecycle/describe-key.js';
import { startOperation } from '../../src/lifecycle/operation/start-operation.js';
import { keyColumns, keyFields } from '../../src/terminal/key-columns.js';
import { HOUR } from '../support/settable-clock.js';
import { managedAtVendor } from './memory-vendor.js';

type Scene = Awaited<ReturnType<typeof managedAtVendor>>;

/** A key that was rolled with a grace of an hour, as the vendor and the ledger describe it now. */
async function rolled(scene: Scene, changes: { readonly refuses: boolean }) {
  const { created } = await startOperation(scene.order(), scene.connection, scene.means);
  const managed = await scene.ledger.managed.byName(scene.draft.account, 'web');
  const previous = created?.key;
  if (previous === undefined || managed === null) throw new Error('the key was created');
  const retire = { id: previous.id, name: 'web', grace_ms: HOUR, at: null, since: null, settable: false };
  scene.place.refuses = changes.refuses;
  await startOperation(
    scene.order({ managed, known: true, previous, retire }),
    scene.connection,
    scene.means,
  );
  const describe = await createDescriber(scene.ledger, scene.draft.account, scene.clock.now());
  return {
    fresh: describe(await scene.vendor.service.get('id-2')),
    old: describe(await scene.vendor.service.get('id-1')),
  };
}

it('tells where the secret is, and until when the old key works', async () => {
  const scene = await managedAtVendor();
  const { fresh, old } = await rolled(scene, { refuses: false });
  const now = scene.clock.now();
  const end = new Date(now + HOUR).toISOString().replace('.000Z', 'Z');
  expect(fresh).toMatchObject({ status: 'active', delivered_to: ['the place'] });
  expect(fresh.next).toBeUndefined();
  expect(old).toMatchObject({ status: 'retiring', expires_at: end, next: { event: 'revoke', at: end } });
  expect(old.delivered_to).toBeUndefined();
  expect(keyColumns(now).get('status')?.long?.(old)).toMatch(/^retiring until .*\d{4}, .*\d\d:\d\d/);
  // Nothing of a list's cell is cut on 80 columns.
  expect(keyColumns(now).get('status')?.human(old)).toBe('retiring');
  expect(keyColumns(now).get('status')?.plain(old)).toBe('retiring');
  const expires = keyFields(old, now, true).find(([title]) => title === 'expires')?.[1];
  expect(expires).toMatch(/^in 1h \(.*\d{4}, .*\d\d:\d\d/);
  expect(managedFields(old)).toEqual([['next', expect.stringMatching(/^keys resume revokes it after /)]]);
});

it('tells what is pending, and that the place still has the old secret', async () => {
  const scene = await managedAtVendor();
  const { fresh, old } = await rolled(scene, { refuses: true });
  expect(fresh).toMatchObject({ pending: ['the place'], next: { event: 'deliver', at: null } });
  expect(old).toMatchObject({ delivered_to: ['the place'] });
  expect(MANAGED_COLUMNS.map(({ plain }) => plain(fresh))).toEqual(['', 'the place']);
  expect(MANAGED_COLUMNS.map(({ human }) => human(old))).toEqual(['the place', '-']);
  expect(managedFields(fresh)).toEqual([
    ['pending for', 'the place'],
    ['next', 'keys resume delivers it'],
  ]);
});
