import { KeysError } from '../../domain/errors.js';
import { withOptionsOnly } from '../../domain/words.js';
import { readLedgerKey } from '../../storage/ledger/escrow.js';
import { openLedger } from '../../storage/ledger/ledger.js';
import { ledgerAddress } from '../../storage/ledger/ledger-address.js';
import { moveLedger } from '../../storage/ledger/move-ledger.js';
import { openSavedSecrets } from '../../storage/ledger/saved-secrets.js';
import { machineHere, openSharedLedger } from '../../storage/ledger/shared-ledger.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import { goneHere } from '../operation/lease.js';

/** What was moved, and where to. */
interface Relocated {
  readonly where: string;
  readonly keys: number;
  readonly operations: number;
  readonly sealed: number;
  readonly renamed: ReadonlyArray<{ readonly name: string; readonly now: string }>;
}

/**
 * Moves the ledger of this machine into the PostgreSQL database that is configured, or back. Throws `usage`
 * where none is configured, and what `openSharedLedger` and `moveLedger` throw.
 */
export async function relocateLedger(
  to: 'postgres' | 'sqlite',
  context: LifecycleContext,
): Promise<Relocated> {
  const { env, clock } = context;
  const address = ledgerAddress(env, context.settings());
  const key = readLedgerKey(env);
  if (address === null) {
    throw new KeysError('usage', 'no PostgreSQL database is named for the ledger', {
      hint: withOptionsOnly('set KEYS_LEDGER_URL, or the setting ledger'),
    });
  }
  const shared = await openSharedLedger(address, { env, clock, moved: true, patient: true });
  context.process.onEnd(() => shared.close());
  const local = await openLedger(context.directories().data, { moved: true });
  context.process.onEnd(() => local.close());
  const where = to === 'postgres' ? (shared.shared?.address ?? '') : `SQLite of ${machineHere(env)}`;
  const [source, target] = to === 'postgres' ? [local, shared] : [shared, local];
  const moved = await moveLedger(source, target, {
    to: where,
    key: key ?? new Uint8Array(),
    clock,
    isGone: goneHere(context.process),
    keptHere: async (item) => await (await openSavedSecrets(context)).read(item).catch(() => null),
  });
  return { where, ...moved };
}
