import { type Account, accountText } from '../../domain/managed-key.js';
import type { SqlDatabase, SqlRow, SqlSession } from '../sql/sql-database.js';
import type { Operation } from './operation.js';

/** Which records are moved, and to which provider. */
export interface Move {
  /** The address that the keys are at. */
  readonly place: string;
  readonly from: readonly string[];
  readonly to: string;
}

/**
 * Moves the keys at one address from other providers to `to`, with their managed keys. Returns how many keys were moved. A key
 * stays where it is while an operation on it is unfinished, or if the new account has a managed key of its name.
 */
export async function moveAccount(database: SqlDatabase, { place, from, to }: Move): Promise<number> {
  const others = from.filter((provider) => provider !== to);
  const marks = others.map(() => '?').join(', ');
  const known = `place = ? AND provider IN (${marks})`;
  // Mostly there is nothing to move: no write lock is taken for that.
  const [first] = await database.all(`SELECT id FROM known_keys WHERE ${known} LIMIT 1`, [place, ...others]);
  if (first === undefined) return 0;
  return await database.transaction(async (session) => {
    const busy = await busyIds(session);
    const managed = await session.all(
      `SELECT id, provider, name, body FROM managed_keys WHERE address = ? AND provider IN (${marks})`,
      [place, ...others],
    );
    let moved = 0;
    for (const row of managed) {
      const versions = (
        await session.all('SELECT id FROM known_keys WHERE managed_key = ?', [String(row['id'])])
      ).map(({ id }) => String(id));
      const stays = [String(row['id']), ...versions].some((id) => busy.has(id));
      if (stays || (await isTaken(session, row, { place, to }))) continue;
      await moveOne(session, row, versions, { place, to });
      moved += versions.length;
    }
    return moved;
  });
}

/** Ids of managed keys and versions with an unfinished operation: it writes its results under the account that it began with. */
async function busyIds(session: SqlSession): Promise<ReadonlySet<string>> {
  const rows = await session.all('SELECT body FROM operations', []);
  return new Set(
    rows.flatMap((row) => {
      const { managed, key, previous } = JSON.parse(String(row['body'])) as Partial<Operation>;
      return [managed, key?.id, previous?.id].filter((id) => id !== undefined);
    }),
  );
}

type To = Pick<Move, 'place' | 'to'>;

function accountAfter(row: SqlRow, { place, to }: To): string {
  const { context } = JSON.parse(String(row['body'])) as Pick<Account, 'context'>;
  return accountText({ provider: to, address: place, context });
}

async function isTaken(session: SqlSession, row: SqlRow, to: To): Promise<boolean> {
  const found = await session.all('SELECT id FROM managed_keys WHERE account = ? AND name = ?', [
    accountAfter(row, to),
    String(row['name']),
  ]);
  return found.length > 0;
}

async function moveOne(session: SqlSession, row: SqlRow, versions: readonly string[], to: To): Promise<void> {
  for (const version of versions) {
    for (const table of ['known_keys', 'known_digests']) {
      await session.run(`UPDATE ${table} SET provider = ? WHERE place = ? AND provider = ? AND id = ?`, [
        ...[to.to, to.place, String(row['provider']), version],
      ]);
    }
  }
  await session.run('UPDATE managed_keys SET provider = ?, account = ? WHERE id = ?', [
    ...[to.to, accountAfter(row, to), String(row['id'])],
  ]);
}
