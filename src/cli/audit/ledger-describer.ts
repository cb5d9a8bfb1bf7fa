import type { Key } from '../../domain/key.js';
import type { Account } from '../../domain/managed-key.js';
import type { DescribedKey } from '../../lifecycle/describe-key.js';
import type { Context } from '../context.js';

/** Returns what gives an audit the ledger's knowledge of the keys of an account. */
export function ledgerDescriber(context: Context, now: number) {
  return async (account: Pick<Account, 'provider' | 'address'>): Promise<(key: Key) => DescribedKey> => {
    const { createDescriber } = await import('../../lifecycle/describe-key.js');
    return await createDescriber(await context.ledger(), account, now);
  };
}
