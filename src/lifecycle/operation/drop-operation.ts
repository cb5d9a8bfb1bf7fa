import { readLedgerKey } from '../../storage/ledger/escrow.js';
import type { Operation } from '../../storage/ledger/operation.js';
import { openSavedSecrets } from '../../storage/ledger/saved-secrets.js';
import { leaseMeans } from '../find/find-managed.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import { createEscrow } from './escrow.js';
import { withLease } from './lease.js';

/**
 * Forgets an operation and the secret that was kept for it; nothing is sent. Throws `conflict` while another
 * program works on it.
 */
export async function dropOperation(operation: Operation, context: LifecycleContext): Promise<void> {
  const means = await leaseMeans(context);
  const key = readLedgerKey(context.env);
  const sealed = key === null ? null : means.ledger.escrow(key, context.clock);
  await withLease(operation.managed, means, async () => {
    await createEscrow(sealed, await openSavedSecrets(context)).remove(operation);
    await means.ledger.endOperation(operation.id);
  });
}
