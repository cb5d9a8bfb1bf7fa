import type { SqlDatabase } from '../../storage/sql/sql-database.js';
import type { Context } from '../context.js';
import { type DatabaseFlags, readPlace } from './database-address.js';

/**
 * Opens the key service's database, its tables created or upgraded; it is closed when the call ends.
 * `dataDir` is the folder of the SQLite database, or the folder beside PostgreSQL that holds the management
 * key.
 */
export async function openServiceDatabase(
  flags: DatabaseFlags,
  context: Context,
): Promise<{ database: SqlDatabase; dataDir: string }> {
  const [{ embeddedFolder }, { resolveTarget }, { openKeyDatabase }] = await Promise.all([
    import('../../connect/embedded-folder.js'),
    import('../../connect/resolve-target.js'),
    import('../../service/open-key-database.js'),
  ]);
  const { env } = context;
  const place = readPlace(flags, env);
  const dataDir = place.dataDir ?? embeddedFolder(context.directories().data, resolveTarget(context));
  const database = await openKeyDatabase({
    dataDir,
    ...(place.database === undefined ? {} : { database: { address: place.database, env, patient: true } }),
  });
  context.process.onEnd(() => database.close());
  return { database, dataDir };
}
