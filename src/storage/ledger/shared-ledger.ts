import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { type Clock, isoTime } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import type { SqlDatabase } from '../sql/sql-database.js';
import { machineName, userName } from '../user-name.js';
import { readLedgerKey } from './escrow.js';
import { addFact, readFact, readJsonFact } from './facts.js';
import { createLedger, databaseTime, type Ledger, type SharedLedger } from './ledger.js';
import { LEDGER_MIGRATIONS } from './migrations.js';
import { refuseMoved } from './moved.js';
import { indexOperations } from './operation-log.js';
import { sharedRows } from './shared-rows.js';
import { ledgerCreation } from './stored-shapes.js';

type Env = Readonly<Record<string, string | undefined>>;

interface SharedLedgerOptions {
  /** `KEYS_LEDGER_KEY`, `KEYS_MACHINE`, and what the connection needs: see `PostgresOptions`. */
  readonly env: Env;
  readonly clock: Clock;
  /** Opens it even if it was moved away. */
  readonly moved?: boolean;
  /** For moving data: see `PostgresOptions`. */
  readonly patient?: boolean;
}

/**
 * Opens the ledger that several machines share, in PostgreSQL; its tables are made or upgraded. Throws
 * `usage` without `KEYS_LEDGER_KEY`, `refused` for a ledger of another key, and what `openPostgresDatabase`
 * throws.
 */
export async function openSharedLedger(
  address: string,
  { env, clock, moved = false, patient = false }: SharedLedgerOptions,
): Promise<Ledger> {
  const key = readLedgerKey(env);
  if (key === null) {
    throw new KeysError('usage', 'a shared ledger needs KEYS_LEDGER_KEY', { next: 'create_ledger_key' });
  }
  const here = machineHere(env);
  const { openPostgresDatabase, shownAddress } = await import('../sql/postgres-database.js');
  const database = await openPostgresDatabase(address, LEDGER_MIGRATIONS, {
    env,
    patient,
    versionTable: 'keys_ledger_schema',
  });
  try {
    const shared = await identify(database, shownAddress(address), key, here, clock);
    if (!moved) await refuseMoved(database);
    const rows = sharedRows({ key, ledger: shared.id, here });
    await indexOperations(database, rows);
    return createLedger(database, rows, shared);
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** This user and machine in a shared ledger, such as `anna@laptop`. */
export function machineHere(env: Env): string {
  return `${userName(env) ?? 'somebody'}@${machineName(env)}`;
}

type Created = SharedLedger['created'] & { readonly fingerprint: string };
const NOT_KNOWN: Created = { by: 'somebody', at: 'an unknown time', fingerprint: 'that is not known' };

/**
 * What the ledger says of itself; the first program to open it writes that. Throws `refused` for a ledger of
 * another key.
 */
async function identify(
  database: SqlDatabase,
  address: string,
  key: Uint8Array,
  here: string,
  clock: Clock,
): Promise<SharedLedger> {
  if ((await readFact(database, 'id')) === null) await create(database, key, here);
  const id = (await readFact(database, 'id')) ?? '';
  const created = (await readJsonFact<Created>(database, 'created', ledgerCreation)) ?? NOT_KNOWN;
  const fingerprint = fingerprintOf(key);
  if ((await readFact(database, 'key_check')) !== keyCheck(key, id)) {
    throw new KeysError('refused', `KEYS_LEDGER_KEY is not the key of the ledger at ${address}`, {
      hint: `${created.by} created this ledger at ${created.at} with the key ${created.fingerprint}, and yours is ${fingerprint}: is it the ledger of another team, or is your key another one? Nothing was changed`,
      details: { ledger: id, ledger_key: created.fingerprint, key: fingerprint },
    });
  }
  const before = clock.now();
  const there = await databaseTime(database);
  return { id, address, fingerprint, created, ahead_ms: Math.round((before + clock.now()) / 2 - there) };
}

async function create(database: SqlDatabase, key: Uint8Array, here: string): Promise<void> {
  const at = isoTime(await databaseTime(database));
  const created = { by: here, at, fingerprint: fingerprintOf(key) };
  await database.transaction(async (session) => {
    await addFact(session, 'id', `lg_${randomBytes(12).toString('hex')}`);
    // Of two programs that come first at once, the facts are those of the one whose id is there.
    const id = (await readFact(session, 'id')) ?? '';
    await addFact(session, 'key_check', keyCheck(key, id));
    await addFact(session, 'created', JSON.stringify(created));
  });
}

/** Shows that a key is the ledger's without telling anything of it. */
function keyCheck(key: Uint8Array, ledger: string): string {
  const checkKey = Buffer.from(hkdfSync('sha256', key, '', 'keys-ledger check v1', 32));
  return createHmac('sha256', checkKey).update(ledger).digest('base64url');
}

function fingerprintOf(key: Uint8Array): string {
  return Buffer.from(hkdfSync('sha256', key, '', 'keys-ledger fingerprint v1', 4)).toString('hex');
}
