import { join } from 'node:path';
import { fileExists } from '../files.js';
import type { Directories } from '../platform-directories.js';
import type { Ledger } from './ledger.js';

/** The ledger's name in the data directory. */
export const LEDGER_FILE = 'ledger.db';

/** The ledger, or null if this machine has none yet. Creates nothing. */
export async function existingLedger(context: {
  directories(): Pick<Directories, 'data'>;
  ledger(): Promise<Ledger>;
}): Promise<Ledger | null> {
  const path = join(context.directories().data, LEDGER_FILE);
  return fileExists(path) ? await context.ledger() : null;
}
