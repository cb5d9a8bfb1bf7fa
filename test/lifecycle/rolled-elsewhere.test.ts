import { expect, it } from 'vitest';
import type { Key } from '../../src/domain/key.js';
import { startOperation } from '../../src/lifecycle/operation/start-operation.js';
import { takeInRolls } from '../../src/lifecycle/roll/take-in-rolls.js';
import { newManagedId } from '../../src/storage/ledger/managed-keys.js';
import { realContext } from '../support/real-context.js';
import { managedAtVendor } from './memory-vendor.js';

/**
 * A key of two vendors under one name and, by chance, one id; another machine has rolled that of the first
 * vendor.
 */
async function rolledAtOne() {
  const scene = await managedAtVendor();
  const { order, connection, means, ledger, draft, clock } = scene;
  await startOperation(order(), connection, means);
  const other = {
    ...draft,
    id: newManagedId(),
    account: { ...draft.account, address: 'https://vendor.test' },
  };
  const first: Key = { id: 'id-1', name: 'web', status: 'active' };
  const entry = {
    provider: 'resend',
    address: other.account.address,
    key: first,
    digests: [],
    secret_item: null,
  };
  await ledger.put({ ...entry, base_url: null, roll_by: null }, clock.now());
  const version = { id: 'id-1', generation: 1, record: first, state: 'active', ends_at: null } as const;
  await ledger.managed.save({ ...other, versions: [version] }, null);
  const chain: Key[] = [
    { ...first, status: 'revoked', rolled_to: 'id-9' },
    { ...first, id: 'id-9', rolled_from: 'id-1' },
  ];
  const managed = await ledger.managed.byName(draft.account, 'web');
  if (managed === null) throw new Error('the key was created');
  const sleep = async () => await new Promise<void>((done) => setImmediate(done));
  const { context, said } = await realContext(clock, { ledger: async () => ledger, sleep });
  /** A program of its own, by its process id. */
  const takeIn = (pid: number) =>
    takeInRolls(managed, chain, connection, {
      ...context,
      process: { ...context.process, pid, isAlive: () => true },
    });
  const versions = async (account = draft.account) =>
    (await ledger.managed.byName(account, 'web'))?.versions.map(({ id, state }) => `${id} ${state}`);
  return { ...scene, takeIn, versions, said, managed, other: other.account };
}

it('two programs take in a key that was rolled elsewhere at once: each version is there once', async () => {
  const { takeIn, versions, said, other } = await rolledAtOne();
  const [one, two] = await Promise.all([takeIn(1), takeIn(2)]);
  expect(two?.versions).toEqual(one?.versions);
  expect(await versions()).toEqual(['id-9 active', 'id-1 revoked']);
  expect(said()).toContain('web was rolled elsewhere: its newest version is id-9');
  // The key of the other vendor, of the same name and id, stays as it is.
  expect(await versions(other)).toEqual(['id-1 active']);
});

it('a program that holds the key for long is not overtaken: nothing is taken in, and the error says so', async () => {
  const { takeIn, versions, means, managed } = await rolledAtOne();
  const held = await means.leases.take(managed.id, { machine: 'there', pid: 7 }, () => false);
  if (!held.taken) throw new Error('a free lease is taken');
  await expect(takeIn(1)).rejects.toMatchObject({ code: 'conflict' });
  expect(await versions()).toEqual(['id-1 active']);
  await means.leases.release(held.lease);
  await takeIn(1);
  expect(await versions()).toEqual(['id-9 active', 'id-1 revoked']);
});
