import { join } from 'node:path';
import { fileExists } from '../files/file-status.js';
import type { Directories } from '../platform-directories.js';
import type { Settings } from '../settings.js';
import type { Ledger } from './ledger.js';
import { ledgerAddress } from './ledger-address.js';
import { LEDGER_FILE } from './ledger-file.js';

/** The ledger, or null if this machine has none yet. Creates nothing on this machine. */
export async function existingLedger(context: {
  readonly env: Readonly<Record<string, string | undefined>>;
  settings(): Pick<Settings, 'get'>;
  directories(): Pick<Directories, 'data'>;
  ledger(): Promise<Ledger>;
}): Promise<Ledger | null> {
  if (ledgerAddress(context.env, context.settings()) !== null) return await context.ledger();
  const path = join(context.directories().data, LEDGER_FILE);
  return fileExists(path) ? await context.ledger() : null;
}
