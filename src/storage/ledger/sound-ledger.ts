import type { Clock } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import type { SqlDatabase } from '../sql/sql-database.js';
import type { Leases } from './leases.js';

/**
 * Leases of a SQLite ledger whose pages can all be read. SQLite notices a damaged page only when it reads it, which may be after a
 * key was created. The first `take` of a program checks the file, and throws `database_damaged` before anything is sent.
 */
export function soundLeases(
  database: SqlDatabase,
  file: string,
  open: (clock: Clock) => Leases,
): (clock: Clock) => Leases {
  let checked: Promise<void> | undefined;
  return (clock) => {
    const leases = open(clock);
    return {
      ...leases,
      async take(...args) {
        checked ??= requireSound(database, file);
        await checked;
        return await leases.take(...args);
      },
    };
  };
}

async function requireSound(database: SqlDatabase, file: string): Promise<void> {
  const [row] = await database.all('PRAGMA quick_check(1)');
  const found = String(row?.['quick_check'] ?? '');
  if (found === 'ok') return;
  throw new KeysError('database_damaged', `the ledger is damaged: ${file}`, {
    hint: 'nothing was sent; restore the file from a backup, or move it away to start anew',
    details: { found },
  });
}
