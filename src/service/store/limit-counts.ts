import type { SqlDatabase, SqlRow } from '../../storage/sql/sql-database.js';
import { ROWS_AT_ONCE } from '../../storage/sql/sql-database.js';
import type { KeyStore, LimitCount } from './key-store.js';
import { requireCount } from './stored-tables.js';

/** Counts of uses of keys with limits, by window. */
export function limitCounts(database: SqlDatabase): Pick<KeyStore, 'limitCounts' | 'addLimitCounts'> {
  return {
    async limitCounts(keyId) {
      const rows = await database.all(
        'SELECT key_id, kind, window_start, window_end, used FROM key_limit_counts WHERE key_id = ?',
        [keyId],
      );
      return rows.map(toCount);
    },

    async addLimitCounts(counts) {
      // In one order everywhere: two servers that lock the same rows then cannot deadlock.
      const sorted = [...counts.entries()].sort(([, a], [, b]) => (nameOf(a) < nameOf(b) ? -1 : 1));
      const totals: number[] = [];
      await database.transaction(async (session) => {
        for (let first = 0; first < sorted.length; first += ROWS_AT_ONCE) {
          const batch = sorted.slice(first, first + ROWS_AT_ONCE);
          const rows = await session.all(
            `INSERT INTO key_limit_counts (key_id, kind, window_start, window_end, used)
             VALUES ${batch.map(() => '(?, ?, ?, ?, ?)').join(', ')}
             ON CONFLICT (key_id, kind, window_start, window_end) DO UPDATE
             SET used = key_limit_counts.used + excluded.used
             RETURNING key_id, kind, window_start, window_end, used`,
            batch.flatMap(([, { key_id, kind, start, end, used }]) => [key_id, kind, start, end, used]),
          );
          const usedOf = new Map(rows.map(toCount).map((count) => [nameOf(count), count.used]));
          for (const [at, count] of batch) totals[at] = usedOf.get(nameOf(count)) ?? count.used;
        }
      });
      return totals;
    },
  };
}

function toCount(row: SqlRow): LimitCount {
  requireCount(row);
  return {
    key_id: String(row['key_id']),
    kind: String(row['kind']) as LimitCount['kind'],
    start: Number(row['window_start']),
    end: Number(row['window_end']),
    used: Number(row['used']),
  };
}

function nameOf({ key_id, kind, start, end }: LimitCount): string {
  return `${key_id} ${kind} ${start} ${end}`;
}
