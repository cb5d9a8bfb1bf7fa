import { KeysError } from '../../domain/errors.js';
import type { Account } from '../../domain/managed-key.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import { openLeftLedger } from '../../storage/ledger/left-ledger.js';
import type { LifecycleContext } from '../lifecycle-context.js';

/**
 * Those of these ids that the ledger of this machine knows, where that is not yet moved into the shared one.
 * `ledger`: the one in use, which does not know them.
 */
export async function leftKeys(
  ids: readonly string[],
  { provider, address }: Pick<Account, 'provider' | 'address'>,
  ledger: Pick<Ledger, 'shared'>,
  context: Pick<LifecycleContext, 'directories'>,
): Promise<string[]> {
  if (ids.length === 0 || ledger.shared === null) return [];
  const own = await openLeftLedger(context.directories().data);
  if (own === null) return [];
  try {
    const known = await Promise.all(ids.map((id) => own.find({ provider, address }, id)));
    return ids.filter((_, i) => known[i] !== null);
  } finally {
    await own.close();
  }
}

/** What is wrong, in words; the way out is `move_ledger`. */
export function leftText(id: string): string {
  return `${id} is in the ledger of this machine, and not in the shared one`;
}

/** Throws `refused` for keys that would lose their places and schedule: see `leftKeys`. */
export async function refuseLeft(...asked: Parameters<typeof leftKeys>): Promise<void> {
  const [first] = await leftKeys(...asked);
  if (first === undefined) return;
  throw new KeysError('refused', leftText(first), { next: 'move_ledger' });
}
