import { join } from 'node:path';
import { existingLedger } from '../../storage/ledger/existing-ledger.js';
import { LEDGER_FILE } from '../../storage/ledger/ledger-file.js';
import type { LifecycleContext } from '../lifecycle-context.js';

/** Returns where the ledger is, what it holds, and who created it if it is shared. Creates no ledger. */
export async function describeLedger(context: LifecycleContext) {
  const ledger = await existingLedger(context);
  const shared = ledger?.shared ?? null;
  return {
    where: shared?.address ?? join(context.directories().data, LEDGER_FILE),
    keys: (await ledger?.managed.all())?.length ?? 0,
    unfinished: (await ledger?.operations())?.length ?? 0,
    ...(shared === null
      ? {}
      : {
          id: shared.id,
          created_by: shared.created.by,
          created_at: shared.created.at,
          key_fingerprint: shared.fingerprint,
          clock_ahead_seconds: Math.round(shared.ahead_ms / 1000),
        }),
  };
}
