import { readLedgerKey } from '../storage/ledger/escrow.js';
import type { Operation } from '../storage/ledger/operation.js';
import { openSavedSecrets } from '../storage/ledger/saved-secrets.js';
import { createEscrow } from './escrow.js';
import type { LifecycleContext } from './lifecycle-context.js';

/** Forgets an operation and the secret that was kept for it; nothing is sent. */
export async function dropOperation(operation: Operation, context: LifecycleContext): Promise<void> {
  const ledger = await context.ledger();
  const key = readLedgerKey(context.env);
  const sealed = key === null ? null : ledger.escrow(key, context.clock);
  await createEscrow(sealed, await openSavedSecrets(context)).remove(operation);
  await ledger.endOperation(operation.id);
}
