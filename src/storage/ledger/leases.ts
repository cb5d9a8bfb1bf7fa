import type { SqlDatabase } from '../sql/sql-database.js';
import { requireColumns, storedJson } from '../sql/stored-row.js';
import type { HeldLease } from './managed-keys.js';
import { refuseMoved } from './moved.js';
import { leaseHolder } from './stored-shapes.js';

/**
 * Milliseconds that a lease holds without being renewed. A program renews it each minute, also while a
 * request takes long.
 */
const LEASE_MS = 5 * 60_000;

/** A lease ends with its machine: no program on it goes on. */
const NOT_LASTING = { lasting: false };

/** Who holds a lease, so that a program on the same machine can be looked for. */
export interface LeaseHolder {
  readonly machine: string;
  readonly pid: number;
  /**
   * Where process ids mean the same: machines of one name, or containers of one, differ in it. Absent: not
   * known.
   */
  readonly boot?: string;
}

type LeaseResult =
  | { readonly taken: true; readonly lease: HeldLease }
  | { readonly taken: false; readonly holder: LeaseHolder; readonly left_ms: number };

/** Leases of what only one program may touch at a time. Times are those of the database's own clock. */
export interface Leases {
  /**
   * Takes a lease that is free, has run out, or whose holder `isGone`. Every taking makes a new generation.
   */
  take(resource: string, holder: LeaseHolder, isGone: (holder: LeaseHolder) => boolean): Promise<LeaseResult>;
  /** Extends it; false where another program has taken it over. */
  renew(lease: HeldLease): Promise<boolean>;
  release(lease: HeldLease): Promise<void>;
  /** Who holds it now; null: nobody. */
  holder(resource: string, isGone: (holder: LeaseHolder) => boolean): Promise<LeaseHolder | null>;
}

/**
 * `now`: the clock of the database, in epoch milliseconds. `take` throws `refused` once the ledger was moved
 * away.
 */
export function createLeases(database: SqlDatabase, now: () => Promise<number>): Leases {
  const read = (resource: string) => readLease(database, resource);
  return {
    async take(resource, holder, isGone) {
      for (;;) {
        const current = await read(resource);
        const at = await now();
        const held = current !== null && current.until > at && !isGone(current.holder);
        // A clock that was set back must not make a lease longer than it can be.
        if (held && current.until <= at + LEASE_MS) {
          return { taken: false, holder: current.holder, left_ms: current.until - at };
        }
        const generation = (current?.generation ?? 0) + 1;
        const values = [JSON.stringify(holder), generation, at + LEASE_MS];
        const changed =
          current === null
            ? await database.run(
                `INSERT INTO leases (holder, generation, until, resource) VALUES (?, ?, ?, ?)
                 ON CONFLICT (resource) DO NOTHING`,
                [...values, resource],
                NOT_LASTING,
              )
            : await database.run(
                'UPDATE leases SET holder = ?, generation = ?, until = ? WHERE resource = ? AND generation = ?',
                [...values, resource, current.generation],
                NOT_LASTING,
              );
        // Another program was quicker: look again.
        if (changed === 0) continue;
        // After the lease is written: a move that has not seen it is seen here.
        await refuseMoved(database);
        return { taken: true, lease: { resource, generation } };
      }
    },

    renew: async ({ resource, generation }) =>
      (await database.run(
        'UPDATE leases SET until = ? WHERE resource = ? AND generation = ?',
        [(await now()) + LEASE_MS, resource, generation],
        NOT_LASTING,
      )) > 0,

    async release({ resource, generation }) {
      // The row stays, so that generations only grow.
      await database.run(
        'UPDATE leases SET until = 0 WHERE resource = ? AND generation = ?',
        [resource, generation],
        NOT_LASTING,
      );
    },

    async holder(resource, isGone) {
      const current = await read(resource);
      if (current === null || current.until <= (await now()) || isGone(current.holder)) return null;
      return current.holder;
    },
  };
}

const LEASES = { of: 'the ledger', name: 'leases', key: ['resource'] };

interface StoredLease {
  readonly holder: LeaseHolder;
  readonly generation: number;
  readonly until: number;
}

async function readLease(database: SqlDatabase, resource: string): Promise<StoredLease | null> {
  const [row] = await database.all('SELECT holder, generation, until FROM leases WHERE resource = ?', [
    resource,
  ]);
  if (row === undefined) return null;
  const lease = { resource, ...row };
  requireColumns(LEASES, lease, { holder: 'text', generation: 'integer', until: 'integer' });
  return {
    holder: storedJson<LeaseHolder>(LEASES, lease, 'holder', leaseHolder),
    generation: Number(row['generation']),
    until: Number(row['until']),
  };
}
