import { KeysError } from '../../domain/errors.js';
import type { SqlDatabase, SqlSession } from '../../storage/sql/sql-database.js';
import { ROWS_AT_ONCE } from '../../storage/sql/sql-database.js';
import { IS_BCRYPT } from '../stored-digest.js';
import { type By, tell } from './audit-trail.js';
import type { KeyRow } from './key-store.js';
import { DATABASE_SETTINGS } from './settings.js';
import { INSERT_INTO, ROW, toParams } from './sql-key-store.js';

/**
 * Adds keys of another key system in one transaction; those whose id or digest is there stay as they are.
 * `mostAlike`: keys with digests of bcrypt that may have the same prefix and hint. Throws `invalid_request`
 * if there are more.
 */
export async function addImportedKeys(
  database: SqlDatabase,
  rows: readonly KeyRow[],
  by: By,
  mostAlike: number,
): Promise<{ added: number; same: number }> {
  return await database.transaction(async (session) => {
    let added = 0;
    for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
      const batch = rows.slice(start, start + ROWS_AT_ONCE);
      added += await session.run(
        `${INSERT_INTO}${batch.map(() => ROW).join(', ')} ON CONFLICT DO NOTHING`,
        batch.flatMap(toParams),
      );
    }
    await refuseAlike(session, mostAlike);
    if (added > 0) {
      await session.run(
        'INSERT INTO service_settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING',
        [DATABASE_SETTINGS.importedDigests, 'yes'],
      );
      await tell(session, by, 'imported', null, { keys: added });
    }
    return { added, same: rows.length - added };
  });
}

/** A secret is tried against each hash of the keys that begin and end like it. */
async function refuseAlike(session: SqlSession, most: number): Promise<void> {
  const [alike] = await session.all(
    `SELECT prefix, hint, COUNT(*) AS keys FROM api_keys WHERE ${IS_BCRYPT}
     GROUP BY prefix, hint HAVING COUNT(*) > ? LIMIT 1`,
    [most],
  );
  if (alike === undefined) return;
  const which = `prefix ${JSON.stringify(alike['prefix'])} and hint ${JSON.stringify(alike['hint'])}`;
  throw new KeysError(
    'invalid_request',
    `${alike['keys']} digests of bcrypt have ${which}; at most ${most} may be alike`,
    {
      hint: 'give each line more of the beginning of its key (prefix) or its last four characters (hint); nothing was added',
    },
  );
}
