import { resolve } from 'node:path';
import { KeysError } from '../../domain/errors.js';
import type { SqlDatabase } from '../../storage/sql/sql-database.js';
import type { Context } from '../context.js';
import { type DatabaseFlags, readPlace } from './database-address.js';

interface OpenOptions {
  /** What a command without a database does: make one and say so, or fail. */
  readonly ifNone: 'make' | 'refuse';
}

/**
 * Opens the key service's database, its tables upgraded, or created if the command may; it is closed when the
 * call ends. `dataDir` is the folder of the SQLite database, or the folder beside PostgreSQL that holds the
 * management key. Throws `usage` if there is no database and the command may not make one: a mistyped folder
 * must not look like an empty service.
 */
export async function openServiceDatabase(
  flags: DatabaseFlags,
  context: Context,
  { ifNone }: OpenOptions,
): Promise<{ database: SqlDatabase; dataDir: string }> {
  const [{ embeddedFolder }, { resolveTarget }, { openKeyDatabase }, { hasDatabase }] = await Promise.all([
    import('../../connect/embedded-folder.js'),
    import('../../connect/resolve-target.js'),
    import('../../service/open-key-database.js'),
    import('../../service/embedded.js'),
  ]);
  const { env } = context;
  const place = readPlace(flags, env);
  const dataDir = place.dataDir ?? embeddedFolder(context.directories().data, resolveTarget(context));
  const isNew = place.database === undefined && !hasDatabase(dataDir);
  const folder = resolve(context.process.directory, dataDir);
  if (isNew && ifNone === 'refuse')
    throw new KeysError('usage', `there is no database in ${folder}`, { next: 'make_database' });
  const existing = ifNone === 'refuse';
  const database = await openKeyDatabase({
    dataDir,
    ...(place.database === undefined
      ? {}
      : { database: { address: place.database, env, patient: true, existing } }),
  });
  if (isNew) context.output.say(`made a new database in ${folder}`);
  context.process.onEnd(() => database.close());
  return { database, dataDir };
}
