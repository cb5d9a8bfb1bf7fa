import { KeysError } from '../domain/errors.js';
import { existingLedger } from '../storage/ledger/existing-ledger.js';
import type { Operation } from '../storage/ledger/operation.js';
import type { Context } from './context.js';

/**
 * What the ledger of this machine has not finished. Nothing where there is no ledger, or it cannot be read.
 */
export async function operationsHere(context: Context): Promise<readonly Operation[]> {
  try {
    return (await (await existingLedger(context))?.operations()) ?? [];
  } catch (error) {
    if (error instanceof KeysError) return [];
    throw error;
  }
}
