import { READ_THEM, unreadAccounts, unreadText } from '../../connect/unread-accounts.js';
import { KeysError } from '../../domain/errors.js';
import type { Account } from '../../domain/managed-key.js';
import { existingLedger } from '../../storage/ledger/existing-ledger.js';
import type { Context } from '../context.js';

/** Says how many working keys of the ledger are at accounts that were not read. */
export async function warnOfUnread(
  wasRead: (account: Pick<Account, 'provider' | 'address'>) => boolean,
  context: Context,
): Promise<void> {
  try {
    const ledger = await existingLedger(context);
    if (ledger === null) return;
    const unread = await unreadAccounts(ledger, wasRead, context.clock.now());
    if (unread.length === 0) return;
    context.output.warn(unreadText(unread));
    context.output.hint(READ_THEM);
  } catch (error) {
    // That the ledger cannot be read was said where it was needed.
    if (!(error instanceof KeysError)) throw error;
  }
}
