import { KeysError } from '../../domain/errors.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import { ownedByOther } from '../../storage/open-to-others.js';

/**
 * Throws `refused` for a ledger that another user can change, before a command that it names runs as this
 * user. The owner of a folder or file can always change it. A shared ledger passes: its rows are
 * authenticated.
 */
export function refuseForeignLedger({ file }: Pick<Ledger, 'file'>, platform: string): void {
  const owned = file === undefined || platform === 'win32' ? null : ownedByOther(file);
  if (owned === null) return;
  throw new KeysError(
    'refused',
    `another user owns ${owned}: its ledger names a command that would run as you`,
    {
      hint: 'run keys as that user, or set KEYS_DATA_DIR to a folder of your own',
    },
  );
}
