import { counted } from '../domain/counted.js';
import type { Account } from '../domain/managed-key.js';
import type { Ledger } from '../storage/ledger/ledger.js';

/** An account of the ledger that a command did not read. */
export interface UnreadAccount extends Pick<Account, 'provider' | 'address'> {
  /** Keys of it that work, as far as the ledger knows. */
  readonly keys: number;
}

/** The accounts that have working keys in the ledger and are none of those that were read. */
export async function unreadAccounts(
  ledger: Pick<Ledger, 'keys'>,
  wasRead: (account: Pick<Account, 'provider' | 'address'>) => boolean,
  now: number,
): Promise<UnreadAccount[]> {
  const byAccount = new Map<string, UnreadAccount>();
  for (const { provider, address, key } of await ledger.keys()) {
    if (key.status === 'revoked' || (key.expires_at && Date.parse(key.expires_at) <= now)) continue;
    if (wasRead({ provider, address })) continue;
    const id = JSON.stringify([provider, address]);
    byAccount.set(id, { provider, address, keys: (byAccount.get(id)?.keys ?? 0) + 1 });
  }
  return [...byAccount.values()];
}

/** `2 keys of the ledger were not read: 1 of keys at https://…, 1 of acme at …`. */
export function unreadText(unread: readonly UnreadAccount[]): string {
  const all = unread.reduce((sum, { keys }) => sum + keys, 0);
  const each = unread.map(({ provider, address, keys }) => `${keys} of ${provider} at ${address}`);
  return `${counted(all, 'key')} of the ledger ${all === 1 ? 'was' : 'were'} not read: ${each.join(', ')}`;
}

/** What to do about it. */
export const READ_THEM =
  'log in there with a profile, or set KEYS_API_KEY_ACCOUNT and KEYS_BASE_URL_ACCOUNT where keys.yaml with that account is';
