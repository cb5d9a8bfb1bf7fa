import { randomBytes } from 'node:crypto';
import { type Clock, isoTime } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import type { Credential } from '../../domain/key.js';
import type { SqlRow, SqlSession } from '../sql/sql-database.js';
import { createSealedEscrow } from './escrow.js';
import { readFact, setFact } from './facts.js';
import type { LeaseHolder } from './leases.js';
import type { Ledger } from './ledger.js';
import { indexPlaces } from './managed-keys.js';
import { type Renamed, settleClashes } from './move-clash.js';
import { type LedgerMove, moveOf } from './moved.js';
import { fillIndex } from './operation-log.js';
import { jsonOf, LEDGER_TABLES, type LedgerTable } from './rows.js';

export interface MoveOptions {
  /** How people call the target, without a password. */
  readonly to: string;
  /** `KEYS_LEDGER_KEY`: opens and seals pending secrets. */
  readonly key: Uint8Array;
  readonly clock: Clock;
  /** See `Leases.take`. */
  readonly isGone: (holder: LeaseHolder) => boolean;
  /**
   * A pending secret that is in this machine's keychain, which other machines cannot open. Null: it is not
   * there.
   */
  readonly keptHere: (item: string) => Promise<Credential | null>;
}

interface Moved {
  readonly keys: number;
  readonly operations: number;
  /** Pending secrets that only `KEYS_LEDGER_KEY` opens. */
  readonly sealed: number;
  /** Keys that have ended, and whose name the other ledger has too. */
  readonly renamed: readonly Renamed[];
}

/** Everything that a ledger holds, as this machine sees it. */
interface Content {
  readonly tables: ReadonlyMap<LedgerTable, readonly SqlRow[]>;
  readonly secrets: ReadonlyArray<{ operation: string; account: string; credential: Credential }>;
}

const TABLES = Object.keys(LEDGER_TABLES) as LedgerTable[];

/**
 * Moves all of one ledger into another, which keeps what it has. The source is marked first, so that no
 * program uses both; its rows stay. A move that was interrupted is finished by the same move again. Throws
 * `conflict` while another program works on a key, and where both ledgers have the same key, or two of one
 * name that work; then both are as they were.
 */
export async function moveLedger(from: Ledger, to: Ledger, options: MoveOptions): Promise<Moved> {
  const begun = await moveOf(from.database);
  if (begun !== null && begun.to !== options.to) {
    throw new KeysError('refused', `this ledger was moved to ${begun.to} at ${begun.at}`, {
      next: 'follow_ledger',
      details: { to: begun.to },
    });
  }
  const { clock, to: name } = options;
  const id = begun?.id ?? randomBytes(12).toString('hex');
  if (begun === null) {
    const move: LedgerMove = { id, to: name, at: isoTime(clock.now()) };
    await from.database.transaction((session) => setFact(session, 'moved', JSON.stringify(move)));
  }
  try {
    await endLeases(from, options);
    const content = await contentOf(from, to, options);
    const received = await readFact(from.database, 'received');
    const renamed = await to.database.transaction((session) =>
      receive(session, { to, move: id, received }, content, options),
    );
    const count = (table: LedgerTable) => content.tables.get(table)?.length ?? 0;
    const sealed = content.secrets.length;
    return { keys: count('managed_keys'), operations: count('operations'), sealed, renamed };
  } catch (error) {
    // Any other failure may have come after the commit: the mark stays, and the same move again finishes it.
    if (error instanceof KeysError && ['conflict', 'refused'].includes(error.code)) {
      await from.database.transaction((session) => setFact(session, 'moved', null));
    }
    throw error;
  }
}

/**
 * After the mark: a program that takes a lease from now on sees it. Throws `conflict` for one that holds a
 * lease already.
 */
async function endLeases({ database, leases }: Ledger, { clock, isGone }: MoveOptions): Promise<void> {
  const rows = await database.all('SELECT resource FROM leases WHERE until > 0');
  for (const { resource } of rows) {
    const holder = await leases(clock).holder(String(resource), isGone);
    if (holder === null) continue;
    throw new KeysError(
      'conflict',
      `another run of keys is at work (process ${holder.pid} on ${holder.machine})`,
      {
        hint: 'nothing was moved; try again when it is done',
      },
    );
  }
  await database.run('UPDATE leases SET generation = generation + 1, until = 0');
}

async function contentOf(from: Ledger, to: Ledger, { key, clock, keptHere }: MoveOptions): Promise<Content> {
  const { rows, database, shared } = from;
  return await database.snapshot(async (session) => {
    const tables = new Map<LedgerTable, readonly SqlRow[]>();
    for (const table of TABLES) {
      const found = await rows.read(session, table, '', []);
      tables.set(
        table,
        found.map(({ mac: _, ...row }) => row),
      );
    }
    const escrow = createSealedEscrow({ all: session.all, run: async () => 0 }, key, shared?.id ?? null, () =>
      clock.now(),
    );
    const sealed = new Set(
      (await session.all('SELECT operation FROM escrow')).map((row) => row['operation']),
    );
    const secrets: Array<Content['secrets'][number]> = [];
    const operations: SqlRow[] = [];
    for (const row of tables.get('operations') ?? []) {
      const body = jsonOf<{ id: string; place: string; escrow: string | null }>('operations', row);
      const { id: operation, place: account } = body;
      if (sealed.has(operation)) {
        secrets.push({ operation, account, credential: await escrow.read(operation, account) });
      }
      const kept =
        to.shared !== null && body.escrow?.startsWith('escrow:') ? await keptHere(body.escrow) : null;
      if (kept !== null) secrets.push({ operation, account, credential: kept });
      operations.push(kept === null ? row : { ...row, body: JSON.stringify({ ...body, escrow: 'ledger' }) });
    }
    return { tables: tables.set('operations', operations), secrets };
  });
}

/** Writes it all or nothing. Returns what has another name now. */
async function receive(
  session: SqlSession,
  { to, move, received }: { readonly to: Ledger; readonly move: string; readonly received: string | null },
  { tables: moved, secrets }: Content,
  { key, clock }: MoveOptions,
): Promise<readonly Renamed[]> {
  if ((await readFact(session, 'received')) === move) return [];
  await emptyMoved(session, received);
  const { tables, renamed } = await settleClashes(session, to, moved, clock.now());
  for (const table of TABLES) await to.rows.insertAll(session, table, tables.get(table) ?? []);
  await indexPlaces(session, to.rows, tables.get('managed_keys') ?? []);
  await fillIndex(session, to.rows);
  const escrow = createSealedEscrow(session, key, to.shared?.id ?? null, () => clock.now());
  for (const { operation, account, credential } of secrets) await escrow.save(operation, account, credential);
  await setFact(session, 'received', move);
  return renamed;
}

/**
 * Removes the rows that a target keeps of an earlier move, if they are in what comes now. `received`: the
 * last move that the source has received. Throws `refused` where the rows went elsewhere.
 */
async function emptyMoved(session: SqlSession, received: string | null): Promise<void> {
  const left = await moveOf(session);
  if (left === null) return;
  if (left.id !== received) {
    throw new KeysError(
      'refused',
      `what this ledger held was moved to ${left.to}, and not to the ledger that is moved now`,
      {
        hint: 'bring it back first; nothing was changed',
      },
    );
  }
  for (const table of [...TABLES, 'managed_places', 'operation_keys', 'escrow'])
    await session.run(`DELETE FROM ${table}`);
  await setFact(session, 'moved', null);
}
