import { expect, it } from 'vitest';
import { resolveKey } from '../../src/lifecycle/find/resolve-key.js';
import { startOperation } from '../../src/lifecycle/operation/start-operation.js';
import { revokeKey } from '../../src/lifecycle/revoke-key.js';
import { managedAtVendor } from './memory-vendor.js';

const NO_CONTEXT = { output: { say: () => undefined } } as unknown as Parameters<typeof revokeKey>[3];

/** The managed key `web`, which somebody else has revoked at the vendor, and a lookup of it. */
async function revokedElsewhere() {
  const scene = await managedAtVendor();
  const { order, connection, means, vendor, ledger, draft, clock } = scene;
  await startOperation(order(), connection, means);
  vendor.add({ name: 'of a stranger' });
  await vendor.service.revoke('id-1');
  clock.advance(600_000);
  const lookup = { service: vendor.service, provider: means.provider, account: draft.account };
  const find = (reference: string, gone = false) =>
    resolveKey(reference, { ...lookup, ledger, clock, prefixes: false, gone });
  const current = async () => (await ledger.managed.byName(draft.account, 'web'))?.versions[0]?.state;
  return { ...scene, find, current };
}

it('refuses a key that is gone at the vendor, by its name and its id, and says what to do', async () => {
  const { find, current } = await revokedElsewhere();
  for (const reference of ['web', 'id-1']) {
    await expect(find(reference)).rejects.toMatchObject({
      code: 'refused',
      message: 'Resend does not know web (id-1) any more',
      next: 'forget_key',
      details: { key_id: 'id-1', name: 'web' },
    });
  }
  expect(await current()).toBe('active');
  await expect(find('of a')).rejects.toMatchObject({ code: 'not_found' });
});

it('finds a key that the list lacks and the vendor still has', async () => {
  const scene = await managedAtVendor();
  const { order, connection, means, vendor, ledger, draft, clock } = scene;
  await startOperation(order(), connection, means);
  const list = async () => ({ keys: [], next_cursor: null });
  const service = { ...vendor.service, list };
  const lookup = { service, provider: means.provider, account: draft.account, ledger, clock };
  expect(await resolveKey('web', { ...lookup, prefixes: false })).toMatchObject({
    key: { id: 'id-1', status: 'active' },
    managed: { name: 'web' },
  });
});

it('is forgotten by a revoke that sees its account, and its name is free again', async () => {
  const { find, current, order, connection, means, vendor, draft, ledger } = await revokedElsewhere();
  const other = order({ managed: { ...draft, id: 'mk_other', name: 'other' }, name: 'other' });
  await startOperation({ ...other, request: { create: { name: 'other' } } }, connection, means);
  expect(await revokeKey(await find('web', true), {}, means, NO_CONTEXT)).toEqual(['id-1']);
  expect(await current()).toBe('revoked');
  expect(vendor.keys.map(({ name }) => name)).toEqual(['other', 'of a stranger']);
  await expect(find('web', true)).rejects.toMatchObject({ code: 'not_found' });
  const again = await ledger.managed.byName(draft.account, 'web');
  await startOperation(order({ managed: again ?? draft }), connection, means);
  expect(await current()).toBe('active');
});

it('is not forgotten where the credential sees no key of its account, unless forced', async () => {
  const { find, current, means } = await revokedElsewhere();
  await expect(revokeKey(await find('web', true), {}, means, NO_CONTEXT)).rejects.toMatchObject({
    code: 'refused',
  });
  expect(await current()).toBe('active');
  await revokeKey(await find('web', true), { force: true }, means, NO_CONTEXT);
  expect(await current()).toBe('revoked');
});

it('does not take a namesake for a key that was revoked, whether the list still has that key or not', async () => {
  const { find, order, connection, means, vendor, draft } = await revokedElsewhere();
  await revokeKey(await find('web', true), { force: true }, means, NO_CONTEXT);
  vendor.add({ name: 'web' });
  const refused = expect(find('web', true)).rejects;
  await refused.toMatchObject({ code: 'not_found', hint: 'name another key by its id: id-3 (web)' });
  expect((await find('id-3', true)).key.id).toBe('id-3');
  vendor.keys.push({ id: 'id-1', name: 'web', status: 'revoked' });
  expect((await find('web', true)).key.id).toBe('id-1');
  const other = { ...draft, id: 'mk_other', name: 'other' };
  await startOperation(order({ managed: other, name: 'other' }), connection, means);
  expect((await find('other', true)).key.id).toBe('id-4');
});

it('does not take a namesake in use for a key that is paused', async () => {
  const { order, connection, means, vendor, draft, ledger, clock } = await managedAtVendor();
  await startOperation(order(), connection, means);
  vendor.change('id-1', { status: 'paused' });
  vendor.add({ name: 'web' });
  const lookup = { service: vendor.service, provider: means.provider, account: draft.account, ledger, clock };
  await expect(resolveKey('web', { ...lookup, prefixes: false })).rejects.toMatchObject({
    code: 'ambiguous_key',
    details: { candidates: [{ id: 'id-2' }, { id: 'id-1' }] },
  });
});
