import { expect, it } from 'vitest';
import { VENDOR_KINDS } from '../vendor-kinds.js';
import { planIsEmpty } from './checks.js';

const BEGAN = Date.UTC(2026, 10, 28);

/** What is said of a plan after an apply, where a stranger made `late/k2` that long before it. */
async function saidOf(
  action: object,
  { ageMs = 1_900, code = 10, account = 'late', others = [] as object[] } = {},
) {
  const actions = [{ action: 'conflict', account, id: 'k2', to_do: true, ...action }, ...others];
  const walk = {
    strangers: new Set([`${account}/k2`]),
    world: {
      accounts: VENDOR_KINDS.map((kind) => ({ id: kind.id, kind })),
      run: async () => ({ code, stdout: JSON.stringify({ actions }), stderr: '' }),
    },
  };
  const keys = new Map([
    [`${account}/k2`, { madeAt: BEGAN - ageMs }],
    [`${account}/k3`, { madeAt: BEGAN - ageMs }],
  ]);
  return await planIsEmpty(walk, { on: 'desk', began: BEGAN }, keys);
}

it('a key of a stranger that a late list had not shown yet at the apply is no fault of it', async () => {
  expect(await saidOf({})).toEqual([]);
  const unmanaged = { action: 'unmanaged', account: 'late', id: 'k1', to_do: false };
  expect(await saidOf({}, { others: [unmanaged] })).toEqual([]);
});

it.each([
  ['a key that the list had shown', {}, { ageMs: 2_000 }],
  ['a key at a vendor whose list is not late', {}, { account: 'plain', ageMs: 1 }],
  ['a key that is no stranger’s', { id: 'k3' }, {}],
  ['anything else to do with the key', { action: 'roll' }, {}],
  ['something else to do', {}, { others: [{ action: 'create', account: 'late', id: null, to_do: true }] }],
  ['nothing to do', { to_do: false }, {}],
  ['a plan that could not be read', {}, { code: 5 }],
])('%s is', async (_, action, about) => {
  expect(await saidOf(action, about)).toHaveLength(1);
});
