import { Option } from '@commander-js/extra-typings';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { holdsPassword, readPostgresAddress } from '../../storage/sql/postgres-address.js';
import type { Context } from '../context.js';

/** Where the key service keeps its keys, as the flags of `serve` and of what moves its data say it. */
export interface DatabaseFlags {
  readonly dataDir?: string;
  readonly database?: string;
}

export const dataDirOption = () =>
  new Option('--data-dir <path>', "folder of the SQLite database (default: the user's data directory)");

export const databaseOption = () =>
  new Option(
    '--database <address>',
    'keep the keys in PostgreSQL instead: postgres://user@host:port/database, without a password',
  );

/** For the help of every command that opens the service's database. */
export const DATABASE_ENVIRONMENT = `  KEYS_DATABASE_URL    the address of a PostgreSQL database, which may hold a password; --database wins
  PGPASSWORD           its password, or PGPASSFILE: the file that has it`;

/** The same for the help of a command below `serve`. */
export const SETTINGS_ENVIRONMENT = `${DATABASE_ENVIRONMENT}
  KEYS_SERVE_DATA_DIR  the folder of --data-dir, as for keys serve
  KEYS_SERVE_CONFIG    the YAML file of keys serve, which may name the database`;

/**
 * The place that the flags and `KEYS_DATABASE_URL` name. Throws `usage` for an address that is not
 * PostgreSQL's, and for a password on the command line; neither failure shows the address.
 */
export function readPlace(
  flags: DatabaseFlags,
  env: Context['env'],
): { dataDir?: string; database?: string } {
  const database = flags.database ?? (env['KEYS_DATABASE_URL'] || undefined);
  if (database !== undefined) {
    const url = readPostgresAddress(database);
    if (flags.database !== undefined && holdsPassword(url)) {
      throw new KeysError('usage', 'a password does not belong on the command line: other users can see it', {
        hint: 'give it by PGPASSWORD, PGPASSFILE or KEYS_DATABASE_URL, and change the one that was shown',
      });
    }
  }
  return {
    ...compact({ dataDir: flags.dataDir, database }),
  };
}
