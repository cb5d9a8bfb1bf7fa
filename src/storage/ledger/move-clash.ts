import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import type { SqlRow, SqlSession } from '../sql/sql-database.js';
import type { Ledger } from './ledger.js';
import { jsonOf, type LedgerTable, primaryKeyOf } from './rows.js';

/** The rows that are moved. */
type Tables = ReadonlyMap<LedgerTable, readonly SqlRow[]>;

/** A key that has ended, and what it is called after the move. */
export interface Renamed {
  readonly name: string;
  readonly now: string;
}

const NOTHING_MOVED = 'nothing was moved';

/**
 * Returns the rows with another name for each key that has ended and whose name the target has too; an ended
 * key of the target gets its other name there. A name belongs to one key of an account. Throws `conflict` for
 * a key that both ledgers have, and for two keys of one name that both work.
 */
export async function settleClashes(
  session: SqlSession,
  to: Ledger,
  tables: Tables,
  now: number,
): Promise<{ readonly tables: Tables; readonly renamed: readonly Renamed[] }> {
  for (const table of CHECKED) await refuseTwice(session, to, table, tables.get(table) ?? []);
  const coming = tables.get('managed_keys') ?? [];
  const there = await to.rows.read(session, 'managed_keys', '', []);
  const byName = new Map(there.map((row) => [slotOf(row), row]));
  const clashes = coming.flatMap((row) => {
    const other = byName.get(slotOf(row));
    return other === undefined ? [] : [{ row, other }];
  });
  if (clashes.length === 0) return { tables, renamed: [] };
  const endedHere = endedIn(tables.get('known_keys') ?? [], tables.get('operations') ?? [], now);
  const endedThere = endedIn(
    await to.rows.read(session, 'known_keys', 'WHERE managed_key IS NOT NULL', []),
    await to.rows.read(session, 'operations', '', []),
    now,
  );
  const taken = new Set([...coming, ...there].map(slotOf));
  const named = new Map<unknown, string>();
  const renamed: Renamed[] = [];
  for (const { row, other } of clashes) {
    const ended = endedHere(row) ? row : endedThere(other) ? other : null;
    if (ended === null) throw twoWork(row);
    const name = freeName(row, taken);
    renamed.push({ name: String(row['name']), now: name });
    if (ended === row) named.set(row['id'], name);
    else await to.rows.change(session, 'managed_keys', { ...other, name });
  }
  const rows = coming.map((row) => ({ ...row, name: named.get(row['id']) ?? row['name'] ?? null }));
  return { tables: new Map(tables).set('managed_keys', rows), renamed };
}

/** Copies of one ledger have the same managed keys: that is said first. */
const CHECKED: readonly LedgerTable[] = ['managed_keys', 'operations', 'known_keys', 'known_digests'];

/** Throws `conflict` for a row that the target has. */
async function refuseTwice(
  session: SqlSession,
  to: Ledger,
  table: LedgerTable,
  rows: readonly SqlRow[],
): Promise<void> {
  const keyOf = (row: SqlRow) => JSON.stringify(primaryKeyOf(table, row));
  const known = new Set((await to.rows.read(session, table, '', [])).map(keyOf));
  const twice = rows.find((row) => known.has(keyOf(row)));
  if (twice === undefined) return;
  if (table === 'managed_keys' || table === 'operations') {
    const what = String(twice[table === 'managed_keys' ? 'name' : 'id']);
    throw new KeysError('conflict', `both ledgers have ${what}: one of them is a copy of the other`, {
      hint: `use the newer one, and put the other one aside; ${NOTHING_MOVED}`,
    });
  }
  const id = String(twice['id']);
  const key =
    table === 'known_keys' ? `the key ${jsonOf<Key>(table, twice).name} (${id})` : `a secret of ${id}`;
  throw new KeysError('conflict', `both ledgers have ${key}`, {
    hint: `put one of the two aside, and add the places that only it has to the other; ${NOTHING_MOVED}`,
  });
}

/** A name in an account. */
function slotOf(row: SqlRow): string {
  return JSON.stringify([row['account'], row['name']]);
}

/** Whether a managed key has no version that works and no operation that is unfinished. */
function endedIn(
  versions: readonly SqlRow[],
  operations: readonly SqlRow[],
  now: number,
): (row: SqlRow) => boolean {
  const hasEnded = ({ state, ends_at }: SqlRow) =>
    state === 'revoked' || state === 'expired' || (typeof ends_at === 'number' && ends_at <= now);
  const used = new Set<unknown>([
    ...versions.filter((row) => !hasEnded(row)).map((row) => row['managed_key']),
    ...operations.map((row) => jsonOf<{ managed?: string }>('operations', row).managed),
  ]);
  return (row) => !used.has(row['id']);
}

/** A name that no key of the account has in either ledger; adds it to `taken`. */
function freeName(row: SqlRow, taken: Set<string>): string {
  for (let count = 1; ; count++) {
    const name = `${row['name']} (ended${count === 1 ? '' : ` ${count}`})`;
    const slot = slotOf({ ...row, name });
    if (taken.has(slot)) continue;
    taken.add(slot);
    return name;
  }
}

function twoWork(row: SqlRow): KeysError {
  return new KeysError('conflict', `both ledgers have a key ${row['name']} that works`, {
    hint: `rename one of the two; ${NOTHING_MOVED}`,
  });
}
