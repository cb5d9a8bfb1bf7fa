import { join } from 'node:path';
import type { Clock } from '../../domain/clock.js';
import { groupBy } from '../../domain/group-by.js';
import type { Key } from '../../domain/key.js';
import type { Migrations } from '../sql/migrations.js';
import type { SqlDatabase, SqlRow, SqlSession } from '../sql/sql-database.js';
import { openSqliteDatabase } from '../sql/sqlite-database.js';
import { stateOf } from './checked-state.js';
import { createSealedEscrow, type SealedEscrow } from './escrow.js';
import { createLeases, type Leases } from './leases.js';
import { LEDGER_FILE } from './ledger-file.js';
import { createManagedKeys, type ManagedKeys, saveManaged, takeInKnownKeys } from './managed-keys.js';
import { LEDGER_MIGRATIONS } from './migrations.js';
import { type AccountMove, moveAccount } from './move-account.js';
import { refuseMoved } from './moved.js';
import {
  createOperationLog,
  endOperation,
  indexOperations,
  type OperationLog,
  saveOperation,
} from './operation-log.js';
import { replaceId } from './replace-id.js';
import { jsonOf, type LedgerRows, localRows } from './rows.js';
import { soundLedger } from './sound-ledger.js';

/**
 * Where a key is: which provider, and at which address (`dashboard`, `embedded`, or that of a service). The
 * tables name the address `place`.
 */
export interface KeyAddress {
  readonly provider: string;
  readonly address: string;
}

/** A key as this machine knows it. Never its secret: that is in the keychain, under `secret_item`. */
export interface LedgerKey extends KeyAddress {
  readonly key: Key;
  /** SHA-256 (hex) of each part of the credential that is secret, by which a found text is recognised. */
  readonly digests: readonly string[];
  /** Name of the keychain item that holds the secret; null where it is not kept here. */
  readonly secret_item: string | null;
  /** Address that the key is used at; null: the provider's own. */
  readonly base_url: string | null;
  /** Epoch milliseconds by which it should be rolled. */
  readonly roll_by: number | null;
  /**
   * Epoch milliseconds of its last use by this program (see `noteUse`); null or absent: none is known. `put`
   * does not change it.
   */
  readonly used_here?: number | null;
}

/** What is known of a ledger that several machines share. */
export interface SharedLedger {
  readonly id: string;
  /** The database, without a password. */
  readonly address: string;
  /** The beginning of a digest of `KEYS_LEDGER_KEY`, by which people compare keys. */
  readonly fingerprint: string;
  /** Who created it and when, such as `anna@laptop` and an ISO time. */
  readonly created: { readonly by: string; readonly at: string };
  /** Milliseconds by which this machine's clock is ahead of the database's. */
  readonly ahead_ms: number;
}

/**
 * The record of keys: one SQLite file, 0600, in the data directory, or PostgreSQL for several machines.
 * Errors: see `openSqliteDatabase` and `openPostgresDatabase`; `refused` for a row that was changed by other
 * means than this program.
 */
export interface Ledger extends OperationLog {
  /** Null for the ledger of one machine. */
  readonly shared: SharedLedger | null;
  /** Path of the ledger of one machine; absent for a shared one, whose rows are authenticated. */
  readonly file?: string;
  /** For a move to another database. */
  readonly database: SqlDatabase;
  readonly rows: LedgerRows;
  /** Newest first. */
  keys(where?: Partial<KeyAddress & { readonly id: string }>): Promise<LedgerKey[]>;
  find(at: KeyAddress, id: string): Promise<LedgerKey | null>;
  byDigest(digest: string): Promise<LedgerKey | null>;
  /** Keys whose id one provider has at more than one address, each once for every address. */
  atSeveralAddresses(): Promise<LedgerKey[]>;
  /** Adds or replaces. */
  put(entry: LedgerKey, now: number): Promise<void>;
  /** See `replaceId`. */
  replaceId(at: KeyAddress, before: string, key: Key): Promise<void>;
  /** Notes that this program uses a key now. Returns without an error if the ledger does not know the key. */
  noteUse(at: KeyAddress, id: string, now: number): Promise<void>;
  /**
   * Notes what a service says of a key that the ledger has as working, without a change of what the ledger
   * does: the saved secret of a key that is revoked elsewhere is not used. Does nothing if the ledger does
   * not know the key, or knows it already.
   */
  noteStatus(at: KeyAddress, id: string, status: 'active' | 'expired' | 'revoked'): Promise<void>;
  readonly managed: ManagedKeys;
  /** See `moveAccount`. */
  moveAccount(move: AccountMove): Promise<number>;
  /** Makes several changes: all of them are on the disk when it resolves, or none is. */
  together(work: (changes: LedgerChanges) => Promise<void>): Promise<void>;
  /** Creates a managed key for each known key that has none. */
  takeInKnownKeys(): Promise<void>;
  /** `clock`: this machine's, which is also SQLite's. A shared ledger has the clock of its database. */
  leases(clock: Clock): Leases;
  /** `key`: see `readLedgerKey`. */
  escrow(key: Uint8Array, clock: Clock): SealedEscrow;
  close(): Promise<void>;
}

/** What one transaction can change; each does what the method of its name in `Ledger` does. */
export interface LedgerChanges extends Pick<Ledger, 'put' | 'saveOperation' | 'endOperation'> {
  readonly managed: Pick<ManagedKeys, 'save'>;
}

const OF_KEY = 'provider = ? AND place = ? AND id = ?';

/**
 * Opens the ledger of this machine. Throws as `openSqliteDatabase` does, and `refused` for a ledger that was
 * moved away.
 */
export async function openLedger(
  dataDir: string,
  { migrations = LEDGER_MIGRATIONS, moved = false }: OpenOptions = {},
): Promise<Ledger> {
  const file = join(dataDir, LEDGER_FILE);
  const before = stateOf(file);
  const database = await openSqliteDatabase(file, migrations);
  try {
    if (!moved) await refuseMoved(database);
    await takeInKnownKeys(database, localRows);
    await indexOperations(database, localRows);
    const ledger = createLedger(database, localRows, null);
    return { ...ledger, file, ...soundLedger(ledger, file, before) };
  } catch (error) {
    await database.close();
    throw error;
  }
}

export interface OpenOptions {
  readonly migrations?: Migrations;
  /** Opens it even if it was moved away. */
  readonly moved?: boolean;
}

/** A ledger over an open database. `shared`: what is known of a ledger of several machines. */
export function createLedger(database: SqlDatabase, rows: LedgerRows, shared: SharedLedger | null): Ledger {
  return {
    ...knownKeys(database, rows),
    shared,
    database,
    rows,
    managed: createManagedKeys(database, rows),
    replaceId: (at, before, key) => replaceId(database, rows, at, before, key),
    moveAccount: (move) => moveAccount(database, rows, move),
    together: (work) => database.transaction((session) => work(changesIn(session, rows))),
    takeInKnownKeys: () => takeInKnownKeys(database, rows),
    leases: (clock) =>
      createLeases(database, shared === null ? async () => clock.now() : () => databaseTime(database)),
    escrow: (key, clock) => createSealedEscrow(database, key, shared?.id ?? null, () => clock.now()),
    ...createOperationLog(database, rows),
    close: () => database.close(),
  };
}

function changesIn(session: SqlSession, rows: LedgerRows): LedgerChanges {
  return {
    put: (entry, now) => putKey(session, rows, entry, now),
    saveOperation: (operation, lease) => saveOperation(session, rows, operation, lease),
    endOperation: (id) => endOperation(session, id),
    managed: { save: (key, lease) => saveManaged(session, rows, key, lease) },
  };
}

/** The clock of PostgreSQL, in epoch milliseconds. */
export async function databaseTime(database: SqlDatabase): Promise<number> {
  const [row] = await database.all(
    'SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now',
  );
  return Number(row?.['now']);
}

/** The keys that this ledger knows. */
function knownKeys(
  database: SqlDatabase,
  rows: LedgerRows,
): Pick<Ledger, 'keys' | 'find' | 'byDigest' | 'atSeveralAddresses' | 'noteStatus' | 'noteUse' | 'put'> {
  const read = (where: string, params: readonly string[]) => readKeys(database, rows, where, params);

  async function find({ provider, address }: KeyAddress, id: string): Promise<LedgerKey | null> {
    return (await read(OF_KEY, [provider, rows.address(address), id]))[0] ?? null;
  }

  return {
    keys({ provider, address, id } = {}) {
      const wanted = [
        ...(provider === undefined ? [] : [['provider = ?', provider] as const]),
        ...(address === undefined ? [] : [['place = ?', rows.address(address)] as const]),
        ...(id === undefined ? [] : [['id = ?', id] as const]),
      ];
      return read(
        wanted.map(([condition]) => condition).join(' AND '),
        wanted.map(([, value]) => value),
      );
    },

    find,

    async byDigest(digest) {
      const [row] = await rows.read(database, 'known_digests', 'WHERE digest = ?', [digest]);
      if (row === undefined) return null;
      return await find(
        { provider: String(row['provider']), address: String(row['place']) },
        String(row['id']),
      );
    },

    atSeveralAddresses: () =>
      read(
        `(provider, id) IN (SELECT provider, id FROM known_keys GROUP BY provider, id HAVING COUNT(*) > 1)`,
        [],
      ),

    async noteUse({ provider, address }, id, now) {
      await database.run(`UPDATE known_keys SET used_here = ? WHERE ${OF_KEY}`, [
        ...[now, provider, rows.address(address), id],
      ]);
    },

    noteStatus: (at, id, status) =>
      database.transaction((session) => changeStatus(session, rows, at, id, status)),

    put: (entry, now) => database.transaction((session) => putKey(session, rows, entry, now)),
  };
}

/** The keys of a condition, newest first, with their digests. */
async function readKeys(
  database: SqlDatabase,
  rows: LedgerRows,
  where: string,
  params: readonly string[],
): Promise<LedgerKey[]> {
  const tail = where && `WHERE ${where}`;
  const found = await rows.read(database, 'known_keys', `${tail} ORDER BY updated_at DESC, id`, params);
  if (found.length === 0) return [];
  const [first] = found;
  const digests =
    found.length === 1 && first !== undefined
      ? await rows.read(database, 'known_digests', `WHERE ${OF_KEY}`, [
          String(first['provider']),
          rows.address(String(first['place'])),
          String(first['id']),
        ])
      : await rows.read(
          database,
          'known_digests',
          where && `WHERE (provider, place, id) IN (SELECT provider, place, id FROM known_keys ${tail})`,
          params,
        );
  const byKey = groupBy(digests, keyText);
  return found.map((row) => completeKey(row, byKey.get(keyText(row)) ?? []));
}

const keyText = (row: SqlRow) => JSON.stringify([row['provider'], row['place'], row['id']]);

/** A row with the digests of its key. */
function completeKey(row: SqlRow, digests: readonly SqlRow[]): LedgerKey {
  return {
    provider: String(row['provider']),
    address: String(row['place']),
    key: jsonOf<Key>('known_keys', row),
    digests: digests.map(({ digest }) => String(digest)),
    secret_item: row['secret_item'] === null ? null : String(row['secret_item']),
    base_url: row['base_url'] === null ? null : String(row['base_url']),
    roll_by: row['roll_by'] === null ? null : Number(row['roll_by']),
    used_here: row['used_here'] === null ? null : Number(row['used_here']),
  };
}

async function putKey(
  session: SqlSession,
  rows: LedgerRows,
  { provider, address, key, digests, secret_item, base_url, roll_by }: LedgerKey,
  now: number,
): Promise<void> {
  const of = { provider, place: address, id: key.id };
  const record = JSON.stringify(key);
  await rows.put(session, 'known_keys', { ...of, record, secret_item, base_url, roll_by, updated_at: now });
  await session.run(`DELETE FROM known_digests WHERE ${OF_KEY}`, [provider, rows.address(address), key.id]);
  for (const digest of digests) await rows.put(session, 'known_digests', { digest, ...of });
}

async function changeStatus(
  session: SqlSession,
  rows: LedgerRows,
  { provider, address }: KeyAddress,
  id: string,
  status: NonNullable<Key['status']>,
): Promise<void> {
  const of = [provider, rows.address(address), id];
  const [row] = await rows.read(session, 'known_keys', `WHERE ${OF_KEY}`, of);
  if (row === undefined) return;
  const key = jsonOf<Key>('known_keys', row);
  if ((key.status ?? 'active') === status) return;
  const record = JSON.stringify({ ...key, status });
  await rows.change(session, 'known_keys', { provider, place: address, id, record });
}
