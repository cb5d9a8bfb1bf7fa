import { join } from 'node:path';
import { fileExists } from '../files/file-status.js';
import { type Ledger, openLedger } from './ledger.js';
import { LEDGER_FILE } from './ledger-file.js';
import { moveOf } from './moved.js';

/**
 * Opens the ledger of this machine that is still in use beside a shared one. Null: there is none, it was
 * moved away, it holds no key, or it cannot be read: the shared ledger is the one that counts.
 */
export async function openLeftLedger(dataDir: string): Promise<Ledger | null> {
  if (!fileExists(join(dataDir, LEDGER_FILE))) return null;
  try {
    const ledger = await openLedger(dataDir, { moved: true });
    if ((await moveOf(ledger.database)) === null && !(await isEmptyLedger(ledger))) return ledger;
    await ledger.close();
  } catch {
    // The command is about the shared ledger.
  }
  return null;
}

export async function isEmptyLedger({ database }: Pick<Ledger, 'database'>): Promise<boolean> {
  return (await database.all('SELECT id FROM managed_keys LIMIT 1')).length === 0;
}
