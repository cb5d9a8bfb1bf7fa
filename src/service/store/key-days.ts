import { DAY_MS } from '../../domain/duration.js';
import type { SqlDatabase } from '../../storage/sql/sql-database.js';
import { ROWS_AT_ONCE } from '../../storage/sql/sql-database.js';
import { type AuditRow, insertEvents } from './audit-trail.js';
import type { DayCounts, DayUsage } from './key-store.js';
import { requireDay } from './stored-tables.js';

/** Days since 1970-01-01, UTC. */
export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

/**
 * Adds counts of one day and events in one transaction. Returns the ids of the events that were not there
 * yet.
 */
export async function recordActivity(
  database: SqlDatabase,
  day: number,
  counts: ReadonlyMap<string, DayCounts>,
  events: readonly AuditRow[],
): Promise<string[]> {
  // In one order everywhere: two servers that lock the same rows then cannot deadlock.
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return await database.transaction(async (session) => {
    for (let start = 0; start < sorted.length; start += ROWS_AT_ONCE) {
      const batch = sorted.slice(start, start + ROWS_AT_ONCE);
      await session.run(
        `INSERT INTO key_days (key_id, day, uses, refusals) VALUES ${batch.map(() => '(?, ?, ?, ?)').join(', ')}
         ON CONFLICT (key_id, day) DO UPDATE
         SET uses = key_days.uses + excluded.uses, refusals = key_days.refusals + excluded.refusals`,
        batch.flatMap(([id, { uses, refusals }]) => [id, day, uses, refusals]),
      );
    }
    const added: string[] = [];
    for (const event of [...events].sort((a, b) => (a.id < b.id ? -1 : 1))) {
      if ((await insertEvents(session, [event])) > 0) added.push(event.id);
    }
    return added;
  });
}

/** The days of a key from `since` (a day since 1970) on that have counts, newest first. */
export async function usageOf(
  database: Pick<SqlDatabase, 'all'>,
  id: string,
  since: number,
): Promise<DayUsage[]> {
  const rows = await database.all(
    'SELECT key_id, day, uses, refusals FROM key_days WHERE key_id = ? AND day >= ? ORDER BY day DESC',
    [id, since],
  );
  const noticed = await database.all(
    "SELECT at FROM key_events WHERE key_id = ? AND at >= ? AND action = 'new_address'",
    [id, since * DAY_MS],
  );
  const addresses = new Map<number, number>();
  for (const { at } of noticed) {
    const day = dayOf(Number(at));
    addresses.set(day, (addresses.get(day) ?? 0) + 1);
  }
  return rows.map((row) => {
    requireDay(row);
    const day = Number(row['day']);
    const [uses, refusals] = [Number(row['uses']), Number(row['refusals'])];
    return { day, uses, refusals, new_addresses: addresses.get(day) ?? 0 };
  });
}
