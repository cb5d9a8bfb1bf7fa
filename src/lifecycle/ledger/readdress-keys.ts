import { KeysError } from '../../domain/errors.js';
import type { Ledger } from '../../storage/ledger/ledger.js';

/**
 * Names of managed keys that have the new address, and of those that could not be moved: see `moveAccount`.
 */
export interface Readdressed {
  readonly moved: readonly string[];
  readonly kept: readonly string[];
}

/**
 * Moves the keys at one address of a service to another address of the same service. Throws `not_found` if
 * there are none.
 */
export async function readdressKeys(
  { from, to }: { readonly from: string; readonly to: string },
  ledger: Pick<Ledger, 'managed' | 'moveAccount'>,
): Promise<Readdressed> {
  const at = async (address: string) =>
    (await ledger.managed.all()).filter(({ account }) => account.address === address);
  const before = await at(from);
  if (before.length === 0) {
    throw new KeysError('not_found', `the ledger has no keys at ${from}`, { next: 'list_keys' });
  }
  for (const provider of new Set(before.map(({ account }) => account.provider))) {
    await ledger.moveAccount({ address: from, from: [provider], to: provider, newAddress: to });
  }
  const left = new Set((await at(from)).map(({ id }) => id));
  const names = (kept: boolean) => before.filter(({ id }) => left.has(id) === kept).map(({ name }) => name);
  return { moved: names(false), kept: names(true) };
}
