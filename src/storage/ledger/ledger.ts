import { join } from 'node:path';
import type { Clock } from '../../domain/clock.js';
import type { Key } from '../../domain/key.js';
import type { Migrations } from '../sql/migrations.js';
import type { SqlDatabase, SqlRow, SqlSession } from '../sql/sql-database.js';
import { openSqliteDatabase } from '../sql/sqlite-database.js';
import { createSealedEscrow, type SealedEscrow } from './escrow.js';
import { LEDGER_FILE } from './existing-ledger.js';
import { createLeases, type Leases } from './leases.js';
import {
  createManagedKeys,
  type HeldLease,
  type ManagedKeys,
  requireLease,
  takeInKnownKeys,
} from './managed-keys.js';
import { LEDGER_MIGRATIONS } from './migrations.js';
import { type Move, moveAccount } from './move-account.js';
import { fromOlderOperation, type OlderOperation } from './older-operation.js';
import type { Operation } from './operation.js';

/** Where a key lives: which provider, and at which of its places (`dashboard`, `embedded`, or the address of a service). */
export interface KeyPlace {
  readonly provider: string;
  readonly place: string;
}

/** A key as this machine knows it. Never its secret: that is in the keychain, under `secret_item`. */
export interface LedgerKey extends KeyPlace {
  readonly key: Key;
  /** SHA-256 (hex) of each part of the credential that is secret, by which a found text is recognised. */
  readonly digests: readonly string[];
  /** Name of the keychain item that holds the secret; null where it is not kept here. */
  readonly secret_item: string | null;
  /** Address that the key is used at; null: the provider's own. */
  readonly base_url: string | null;
  /** Epoch milliseconds by which it should be rolled. */
  readonly roll_by: number | null;
  /** Epoch milliseconds of its last use by this program (see `noteUse`); null or absent: none is known. `put` does not change it. */
  readonly used_here?: number | null;
}

/** The local record of keys: one SQLite file, 0600, in the data directory. Errors: see `openSqliteDatabase`. */
export interface Ledger {
  /** Newest first. */
  keys(where?: Partial<KeyPlace>): Promise<LedgerKey[]>;
  find(place: KeyPlace, id: string): Promise<LedgerKey | null>;
  byDigest(digest: string): Promise<LedgerKey | null>;
  /** Keys whose id one provider has at more than one place, each once for every place. */
  inSeveralPlaces(): Promise<LedgerKey[]>;
  /** Adds or replaces. */
  put(entry: LedgerKey, now: number): Promise<void>;
  /** Notes that this program uses a key now. Returns without an error if the ledger does not know the key. */
  noteUse(place: KeyPlace, id: string, now: number): Promise<void>;
  readonly managed: ManagedKeys;
  /** See `moveAccount`. */
  moveAccount(move: Move): Promise<number>;
  /** Creates a managed key for each known key that has none. */
  takeInKnownKeys(): Promise<void>;
  /** `clock`: this machine's, which is also the database's. */
  leases(clock: Clock): Leases;
  /** `key`: see `readLedgerKey`. */
  escrow(key: Uint8Array, clock: Clock): SealedEscrow;
  /** What is not finished, oldest first. */
  operations(): Promise<Operation[]>;
  /** Writes an operation, on the disk when this resolves. Throws `conflict` if another program has taken its key over. */
  saveOperation(operation: Operation, lease: HeldLease): Promise<void>;
  /** Removes it. */
  endOperation(id: string): Promise<void>;
  close(): Promise<void>;
}

export async function openLedger(
  dataDir: string,
  migrations: Migrations = LEDGER_MIGRATIONS,
): Promise<Ledger> {
  const database = await openSqliteDatabase(join(dataDir, LEDGER_FILE), migrations);
  try {
    await takeInKnownKeys(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return createLedger(database);
}

const COLUMNS = 'provider, place, id, record, secret_item, base_url, roll_by';
const READ_COLUMNS = `${COLUMNS}, used_here`;
const OF_KEY = 'provider = ? AND place = ? AND id = ?';

function createLedger(database: SqlDatabase): Ledger {
  return {
    ...knownKeys(database),
    managed: createManagedKeys(database),
    moveAccount: (move) => moveAccount(database, move),
    takeInKnownKeys: () => takeInKnownKeys(database),
    leases: (clock) => createLeases(database, () => clock.now()),
    escrow: (key, clock) => createSealedEscrow(database, key, () => clock.now()),
    ...operationLog(database),
    close: () => database.close(),
  };
}

/** The keys that this machine knows. */
function knownKeys(
  database: SqlDatabase,
): Pick<Ledger, 'keys' | 'find' | 'byDigest' | 'inSeveralPlaces' | 'noteUse' | 'put'> {
  async function read(where: string, params: readonly string[]): Promise<LedgerKey[]> {
    const rows = await database.all(
      `SELECT ${READ_COLUMNS} FROM known_keys${where && ` WHERE ${where}`} ORDER BY updated_at DESC, id`,
      params,
    );
    return await Promise.all(rows.map((row) => completeKey(database, row)));
  }

  async function find({ provider, place }: KeyPlace, id: string): Promise<LedgerKey | null> {
    return (await read(OF_KEY, [provider, place, id]))[0] ?? null;
  }

  return {
    keys({ provider, place } = {}) {
      const wanted = [
        ...(provider === undefined ? [] : [['provider = ?', provider] as const]),
        ...(place === undefined ? [] : [['place = ?', place] as const]),
      ];
      return read(
        wanted.map(([condition]) => condition).join(' AND '),
        wanted.map(([, value]) => value),
      );
    },

    find,

    async byDigest(digest) {
      const [row] = await database.all('SELECT provider, place, id FROM known_digests WHERE digest = ?', [
        digest,
      ]);
      if (row === undefined) return null;
      return await find(
        { provider: String(row['provider']), place: String(row['place']) },
        String(row['id']),
      );
    },

    inSeveralPlaces: () =>
      read(
        `(provider, id) IN (SELECT provider, id FROM known_keys GROUP BY provider, id HAVING COUNT(*) > 1)`,
        [],
      ),

    async noteUse({ provider, place }, id, now) {
      await database.run(`UPDATE known_keys SET used_here = ? WHERE ${OF_KEY}`, [now, provider, place, id]);
    },

    put: (entry, now) => database.transaction((session) => putKey(session, entry, now)),
  };
}

/** A row with the digests of its key. */
async function completeKey(database: SqlDatabase, row: SqlRow): Promise<LedgerKey> {
  const [provider, place, id] = [row['provider'], row['place'], row['id']].map(String) as [
    string,
    string,
    string,
  ];
  const digests = await database.all(`SELECT digest FROM known_digests WHERE ${OF_KEY}`, [
    provider,
    place,
    id,
  ]);
  return {
    provider,
    place,
    key: JSON.parse(String(row['record'])) as Key,
    digests: digests.map(({ digest }) => String(digest)),
    secret_item: row['secret_item'] === null ? null : String(row['secret_item']),
    base_url: row['base_url'] === null ? null : String(row['base_url']),
    roll_by: row['roll_by'] === null ? null : Number(row['roll_by']),
    used_here: row['used_here'] === null ? null : Number(row['used_here']),
  };
}

async function putKey(
  session: SqlSession,
  { provider, place, key, digests, secret_item, base_url, roll_by }: LedgerKey,
  now: number,
): Promise<void> {
  const of = [provider, place, key.id];
  await session.run(
    `INSERT INTO known_keys (${COLUMNS}, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (provider, place, id) DO UPDATE SET
       record = excluded.record, secret_item = excluded.secret_item, base_url = excluded.base_url, roll_by = excluded.roll_by,
       updated_at = excluded.updated_at`,
    [...of, JSON.stringify(key), secret_item, base_url, roll_by, now],
  );
  await session.run(`DELETE FROM known_digests WHERE ${OF_KEY}`, of);
  for (const digest of digests) {
    await session.run(
      `INSERT INTO known_digests (digest, provider, place, id) VALUES (?, ?, ?, ?)
       ON CONFLICT (digest) DO UPDATE SET provider = excluded.provider, place = excluded.place, id = excluded.id`,
      [digest, ...of],
    );
  }
}

/** An operation as it was written, also by the version before. */
function readOperation(text: string): Operation {
  const stored = JSON.parse(text) as Operation | OlderOperation;
  return stored.managed === undefined ? fromOlderOperation(stored) : stored;
}

/** The operations that are not finished. */
function operationLog(database: SqlDatabase): Pick<Ledger, 'operations' | 'saveOperation' | 'endOperation'> {
  return {
    async operations() {
      const rows = await database.all('SELECT body FROM operations ORDER BY created_at, id');
      return rows.map(({ body }) => readOperation(String(body)));
    },

    saveOperation: (operation, lease) =>
      database.transaction(async (session) => {
        await requireLease(session, lease);
        await session.run(
          `INSERT INTO operations (id, body, created_at) VALUES (?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET body = excluded.body`,
          [operation.id, JSON.stringify(operation), operation.created_at],
        );
      }),

    async endOperation(id) {
      await database.run('DELETE FROM operations WHERE id = ?', [id]);
    },
  };
}
