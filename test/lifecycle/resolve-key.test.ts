import { describe, expect, it } from 'vitest';
import type { Key } from '../../src/domain/key.js';
import type { KeyService, ListKeys } from '../../src/domain/key-service.js';
import { resolveKey } from '../../src/lifecycle/find/resolve-key.js';
import { startOperation } from '../../src/lifecycle/operation/start-operation.js';
import { HOUR } from '../support/settable-clock.js';
import { managedAtVendor } from './memory-vendor.js';

/**
 * A lookup at a service whose list has `page(n)` on its nth page, from 1. `pageMs`: how long a page takes;
 * null: no more pages.
 */
async function lookupIn(page: (count: number) => readonly Key[] | null, pageMs = 0) {
  const { clock, ledger, means, draft } = await managedAtVendor();
  let pages = 0;
  const list = async (_: ListKeys) => {
    clock.advance(pageMs);
    const keys = page(++pages);
    return { keys: [...(keys ?? [])], next_cursor: keys === null ? null : `after-${pages}` };
  };
  const service: KeyService = { ...means.service, list };
  const lookup = { service, provider: means.provider, account: draft.account, ledger, clock };
  return {
    find: (reference: string) => resolveKey(reference, { ...lookup, prefixes: true }),
    pages: () => pages,
  };
}

const named = (id: string, name: string, status: Key['status'] = 'active'): Key => ({ id, name, status });

describe('a lookup by name', () => {
  it('ends with an error at a slow list without an end', async () => {
    const { find, pages } = await lookupIn((count) => [named(`id-${count}`, `n${count}`)], 50);
    await expect(find('n')).rejects.toMatchObject({
      code: 'bad_response',
      message: "the service's list has not ended after 200 pages",
    });
    expect(pages()).toBe(200);
  });

  it('ends after two minutes, however few pages came', async () => {
    const { find, pages } = await lookupIn((count) => [named(`id-${count}`, `n${count}`)], 30_000);
    await expect(find('n')).rejects.toMatchObject({ code: 'bad_response' });
    expect(pages()).toBeLessThan(10);
  });

  it('reads the long list of a fast service to its end', async () => {
    const page = (count: number) => (count > 300 ? null : [named(`id-${count}`, `other${count}`)]);
    const { find } = await lookupIn((count) => (count === 300 ? [named('last', 'web')] : page(count)));
    expect((await find('web')).key.id).toBe('last');
  });

  it('keeps no more keys of a name or prefix than it needs', async () => {
    const page = (count: number, name: string) => (count > 150 ? null : [named(`id-${count}`, name)]);
    const same = await lookupIn((count) => page(count, 'web'));
    await expect(same.find('web')).rejects.toThrow('100 keys are named web');
    const begun = await lookupIn((count) => page(count, `web ${count}`));
    await expect(begun.find('web')).rejects.toThrow('100 keys begin with web');
  });

  it('finds the key in use behind many of its name that have ended', async () => {
    const ended = (count: number) => named(`id-${count}`, 'web', 'revoked');
    const { find } = await lookupIn((count) =>
      count > 150 ? null : [count === 150 ? named('live', 'web') : ended(count)],
    );
    expect((await find('web')).key.id).toBe('live');
  });
});

it('a name that the vendor stores in lower case means the version in use, not an older one', async () => {
  const { clock, ledger, means, draft, connection, order } = await managedAtVendor();
  const first = (await startOperation(order(), connection, means)).created?.key;
  const managed = await ledger.managed.byName(draft.account, 'web');
  if (first === undefined || managed === null) throw new Error('the key was created');
  const retire = { id: first.id, name: 'web', grace_ms: HOUR, at: null, since: null, settable: false };
  const { created } = await startOperation(
    order({ managed, known: true, previous: first, retire, request: { create: { name: 'web 2' } } }),
    connection,
    means,
  );
  const stored = (name: string) => name.toLowerCase();
  const provider = { ...means.provider, names: { rule: 'unique', stored } as const };
  const lookup = { service: means.service, provider, account: draft.account, ledger, clock, prefixes: false };
  for (const name of ['web', 'Web'])
    expect((await resolveKey(name, lookup)).key.id, name).toBe(created?.key.id);
});
