import { isDeepStrictEqual } from 'node:util';
import { KeysError } from '../../domain/errors.js';
import type { SqlDatabase, SqlSession } from '../../storage/sql/sql-database.js';
import { ROWS_AT_ONCE } from '../../storage/sql/sql-database.js';
import { IS_BCRYPT } from '../stored-digest.js';
import { type By, tell } from './audit-trail.js';
import type { KeyRow } from './key-store.js';
import { DATABASE_SETTINGS, LAST_IMPORT } from './settings.js';
import { INSERT_INTO, ROW, SELECT, toKeyRow, toParams } from './sql-key-store.js';

/** A line of an import. */
export interface ImportedLine {
  readonly number: number;
  readonly row: KeyRow;
  /** Whether it says when the key was created. */
  readonly dated: boolean;
}

/** A line whose digest is there already, with other members. The key stays as it is. */
export interface DifferingLine {
  readonly line: number;
  readonly id: string;
  readonly name: string;
  /** The members that differ, as a line calls them. */
  readonly members: readonly string[];
}

/** What an import can say of a key. */
const COMPARED = [
  'name',
  'type',
  'environment',
  'service',
  'prefix',
  'hint',
  'scopes',
  'restrictions',
  'limits',
  'owner',
  'metadata',
  'expires_at',
  'created_at',
] as const;

/**
 * Adds keys of another key system in one transaction; those whose id or digest is there stay as they are.
 * `mostAlike`: keys with digests of bcrypt that may have the same prefix and hint. Throws `invalid_request`
 * if there are more.
 */
export async function addImportedKeys(
  database: SqlDatabase,
  lines: readonly ImportedLine[],
  by: By,
  mostAlike: number,
): Promise<{ added: number; same: number; differing: readonly DifferingLine[] }> {
  return await database.transaction(async (session) => {
    let added = 0;
    const differing: DifferingLine[] = [];
    for (let start = 0; start < lines.length; start += ROWS_AT_ONCE) {
      const batch = lines.slice(start, start + ROWS_AT_ONCE);
      const inserted = await session.run(
        `${INSERT_INTO}${batch.map(() => ROW).join(', ')} ON CONFLICT DO NOTHING`,
        batch.flatMap(({ row }) => toParams(row)),
      );
      added += inserted;
      if (inserted < batch.length) differing.push(...(await differingOf(session, batch)));
    }
    await refuseAlike(session, mostAlike);
    if (added > 0) await noteImport(session, by, added);
    return { added, same: lines.length - added, differing };
  });
}

/** Running servers look for both settings. */
async function noteImport(session: SqlSession, by: By, keys: number): Promise<void> {
  await session.run(
    'INSERT INTO service_settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING',
    [DATABASE_SETTINGS.importedDigests, 'yes'],
  );
  await session.run(
    `INSERT INTO service_settings (name, value) VALUES (?, ?)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    [LAST_IMPORT, String(by.at)],
  );
  await tell(session, by, 'imported', null, { keys });
}

/** The lines whose keys are there with other members. */
async function differingOf(
  session: SqlSession,
  lines: readonly ImportedLine[],
): Promise<readonly DifferingLine[]> {
  const places = lines.map(() => '?').join(', ');
  const found = await session.all(`${SELECT} WHERE id IN (${places}) OR digest IN (${places})`, [
    ...lines.map(({ row }) => row.id),
    ...lines.map(({ row }) => row.digest),
  ]);
  const there = found.map(toKeyRow);
  const byId = new Map(there.map((row) => [row.id, row]));
  const byDigest = new Map(there.map((row) => [row.digest, row]));
  return lines.flatMap(({ number, row, dated }) => {
    const kept = byId.get(row.id) ?? byDigest.get(row.digest);
    if (kept === undefined) return [];
    const members = differingMembers(row, kept, dated);
    return members.length === 0 ? [] : [{ line: number, id: kept.id, name: kept.name, members }];
  });
}

/** The members in which a line's key differs from another. `dated`: `created_at` counts. */
export function differingMembers(row: KeyRow, other: KeyRow, dated: boolean): readonly string[] {
  return COMPARED.filter((member) => {
    if (member === 'created_at' && !dated) return false;
    // A roll has given the key another end.
    if (member === 'expires_at' && other.rolled_to !== null) return false;
    if (member === 'scopes') return !isDeepStrictEqual(row.scopes.toSorted(), other.scopes.toSorted());
    return !isDeepStrictEqual(row[member], other[member]);
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
