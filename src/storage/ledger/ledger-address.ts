import { KeysError } from '../../domain/errors.js';
import type { Settings } from '../settings.js';
import { holdsPassword, isPostgresAddress, readPostgresAddress } from '../sql/postgres-address.js';

/**
 * The address of the PostgreSQL database that holds the ledger: `KEYS_LEDGER_URL`, else the setting `ledger`.
 * Null: the ledger is SQLite in the data directory. Throws `usage` for a text that is no such address, and
 * for a password in the settings file.
 */
export function ledgerAddress(
  env: Readonly<Record<string, string | undefined>>,
  settings: Pick<Settings, 'get'>,
): string | null {
  const given = env['KEYS_LEDGER_URL'];
  if (given) {
    if (isPostgresAddress(given)) return given;
    throw new KeysError('usage', 'KEYS_LEDGER_URL is not the address of a PostgreSQL database', {
      hint: 'such as postgres://user@host:5432/database',
    });
  }
  const kept = settings.get('ledger');
  if (kept === undefined || !isPostgresAddress(kept)) return null;
  if (!holdsPassword(readPostgresAddress(kept))) return kept;
  throw new KeysError('usage', 'the setting ledger holds a password', {
    hint: 'give it by PGPASSWORD, PGPASSFILE or KEYS_LEDGER_URL, and change the one that was written down',
  });
}
