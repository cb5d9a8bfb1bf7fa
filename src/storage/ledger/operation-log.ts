import { exactName } from '../../domain/managed-key.js';
import { ROWS_AT_ONCE, type SqlDatabase, type SqlRow, type SqlSession } from '../sql/sql-database.js';
import { type HeldLease, requireLease } from './managed-keys.js';
import { fromOlderOperation, type OlderOperation } from './older-operation.js';
import type { Delivery, Operation } from './operation.js';
import { damagedLedgerRow, insertRows, jsonOf, type LedgerRows } from './rows.js';

/** The creates and rolls that are not finished. */
export interface OperationLog {
  /**
   * All of them, oldest first. A command that looks at many keys reads them once, or asks `operationsOf` for
   * each key.
   */
  operations(): Promise<Operation[]>;
  /**
   * Those that one of these ids or names stands in, oldest first: the managed key, its name, a key that is
   * created, replaced or revoked. The caller checks the account.
   */
  operationsOf(refs: readonly string[]): Promise<Operation[]>;
  /** Those that have still to deliver to this place, oldest first. */
  operationsTo(place: Delivery['place']): Promise<Operation[]>;
  /** Null where there is none. */
  operation(id: string): Promise<Operation | null>;
  /**
   * Writes an operation, on the disk when this resolves. Throws `conflict` if another program has taken its
   * key over.
   */
  saveOperation(operation: Operation, lease: HeldLease): Promise<void>;
  /** Removes it. */
  endOperation(id: string): Promise<void>;
}

export function createOperationLog(database: SqlDatabase, rows: LedgerRows): OperationLog {
  const read = async (where: string, params: readonly string[]) =>
    (await rows.read(database, 'operations', `${where} ORDER BY created_at, id`, params)).map(operationOf);
  return {
    operations: () => read('', []),

    async operationsOf(refs) {
      const wanted = [...new Set(refs)];
      const found: Operation[] = [];
      for (let start = 0; start < wanted.length; start += ROWS_AT_ONCE) {
        const some = wanted.slice(start, start + ROWS_AT_ONCE);
        const marks = some.map(() => '?').join(', ');
        const where = `WHERE id IN (SELECT operation FROM operation_keys WHERE ref IN (${marks}))`;
        found.push(...(await read(where, some)));
      }
      const each = new Map(found.map((operation) => [operation.id, operation]));
      return [...each.values()].sort((one, other) => one.created_at - other.created_at);
    },

    operationsTo: (place) =>
      read('WHERE id IN (SELECT operation FROM operation_keys WHERE ref = ?)', [refOfPlace(place, rows)]),

    operation: async (id) => (await read('WHERE id = ?', [id]))[0] ?? null,

    saveOperation: (operation, lease) =>
      database.transaction((session) => saveOperation(session, rows, operation, lease)),

    endOperation: (id) => database.transaction((session) => endOperation(session, id)),
  };
}

/** See `OperationLog.saveOperation`. */
export async function saveOperation(
  session: SqlSession,
  rows: LedgerRows,
  operation: Operation,
  lease: HeldLease,
): Promise<void> {
  await requireLease(session, lease);
  const { id, created_at } = operation;
  await rows.put(session, 'operations', { id, body: JSON.stringify(storedOf(operation)), created_at });
  await writeRefs(session, id, refsOf(operation, rows));
}

/** See `OperationLog.endOperation`. */
export async function endOperation(session: SqlSession, id: string): Promise<void> {
  await session.run('DELETE FROM operations WHERE id = ?', [id]);
  await session.run('DELETE FROM operation_keys WHERE operation = ?', [id]);
}

/**
 * Fills the index of operations that have none: those of a ledger of the version before. A name is compared
 * as Unicode NFC, which SQL cannot do, so no migration can fill it. Writes nothing where all are there.
 */
export async function indexOperations(database: SqlDatabase, rows: LedgerRows): Promise<void> {
  if ((await database.all(`${WITHOUT_INDEX} LIMIT 1`)).length === 0) return;
  await database.transaction((session) => fillIndex(session, rows));
}

const WITHOUT_INDEX =
  'SELECT id, body FROM operations WHERE id NOT IN (SELECT operation FROM operation_keys)';

/** As `indexOperations`, for operations that a move has just brought. */
export async function fillIndex(session: SqlSession, rows: LedgerRows): Promise<void> {
  const found = await session.all(WITHOUT_INDEX);
  await addRefs(
    session,
    found.flatMap((row) =>
      refsOf(operationOf(row), rows).map((ref) => ({ ref, operation: String(row['id']) })),
    ),
  );
}

/** An operation as it was written, also by the version before. */
function operationOf(row: SqlRow): Operation {
  const body = jsonOf<Stored<Operation> | Stored<OlderOperation>>('operations', row);
  // A row under another id would be ended by another name, or never.
  if (body.id !== row['id']) throw damagedLedgerRow('operations', row, 'body is of another operation');
  const { place: address, ...stored } = body;
  return stored.managed === undefined ? fromOlderOperation({ ...stored, address }) : { ...stored, address };
}

/**
 * An operation as its row has it: with the address as `place`, the name that programs of the version before
 * read.
 */
type Stored<Written extends { address: string }> = Omit<Written, 'address'> & { readonly place: string };

function storedOf({ address, ...operation }: Operation): Stored<Operation> {
  return { ...operation, place: address };
}

function refsOf(operation: Operation, rows: LedgerRows): string[] {
  const { managed, draft, name, key, previous, retire, deliveries } = operation;
  const refs = [managed, draft?.name, exactName(name), key?.id, previous?.id, retire?.id];
  const places = deliveries.flatMap(({ place, delivered }) => (delivered ? [] : [refOfPlace(place, rows)]));
  return [...new Set([...refs.filter((ref) => ref !== undefined), ...places])];
}

/** A place among the ids and names. */
function refOfPlace(place: Delivery['place'], rows: LedgerRows): string {
  return `to ${rows.placeId(place)}`;
}

/** Keeps the index of one operation. It only finds rows of `operations`, which are checked. */
async function writeRefs(session: SqlSession, operation: string, refs: readonly string[]): Promise<void> {
  const stored = await session.all('SELECT ref FROM operation_keys WHERE operation = ?', [operation]);
  const before = new Set(stored.map(({ ref }) => String(ref)));
  for (const ref of before)
    if (!refs.includes(ref))
      await session.run('DELETE FROM operation_keys WHERE ref = ? AND operation = ?', [ref, operation]);
  const added = refs.filter((ref) => !before.has(ref));
  await addRefs(
    session,
    added.map((ref) => ({ ref, operation })),
  );
}

/** Another program may add the same rows at the same time. */
async function addRefs(session: SqlSession, added: readonly SqlRow[]): Promise<void> {
  await insertRows(session, 'operation_keys', added, 'ON CONFLICT DO NOTHING');
}
