import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { KeysError } from '../../domain/errors.js';
import type { SqlRow, SqlSession } from '../sql/sql-database.js';
import { addressOn, placeOn, withMachine, withoutMachine } from './local-to-machine.js';
import {
  insertRows,
  LEDGER_TABLES,
  type LedgerRows,
  type LedgerTable,
  primaryKeyOf,
  requireSoundRow,
  updateRow,
  whereKey,
} from './rows.js';

const LABEL = 'keys-ledger rows v1';

interface SharedRowsOptions {
  /** The 32 bytes of `KEYS_LEDGER_KEY`. */
  readonly key: Uint8Array;
  /** Id of the ledger, so that a row cannot be moved to another ledger of the same key. */
  readonly ledger: string;
  /** This user and machine: see `local-to-machine.ts`. */
  readonly here: string;
}

/**
 * Rows of a ledger that others can reach. They steer where secrets are sent, so each carries a MAC under
 * `KEYS_LEDGER_KEY`. Reading or changing a row that was written without this key throws `refused`. A MAC
 * cannot show that somebody removed a row or put an older one back.
 */
export function sharedRows({ key, ledger, here }: SharedRowsOptions): LedgerRows {
  const { check, sealed } = rowSeals(key, ledger);
  const whole = (table: LedgerTable, row: SqlRow) => ({ ...LEDGER_TABLES[table].defaults, ...row });

  /**
   * Expects a row as it is stored. The first statement takes the row's lock, so that no other program changes
   * it meanwhile.
   */
  const change = async (session: SqlSession, table: LedgerTable, stored: SqlRow) => {
    const where = whereKey(table);
    const of = primaryKeyOf(table, stored);
    if ((await session.run(`UPDATE ${table} SET mac = mac ${where}`, of)) === 0) return false;
    const [before = {}] = await session.all(`SELECT * FROM ${table} ${where}`, of);
    check(table, before);
    const { mac } = sealed(table, { ...before, ...stored });
    return (await updateRow(session, table, { ...stored, mac })) > 0;
  };

  return {
    async read(session, table, tail, params) {
      const rows = await session.all(`SELECT * FROM ${table} ${tail}`, params);
      return rows.map((row) => {
        check(table, row);
        return withoutMachine(table, requireSoundRow(table, row), here);
      });
    },

    async put(session, table, row) {
      const stored = withMachine(table, row, here);
      for (;;) {
        if (await change(session, table, stored)) return;
        const added = sealed(table, whole(table, stored));
        const columns = Object.keys(added);
        const inserted = await session.run(
          `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
           ON CONFLICT (${LEDGER_TABLES[table].key.join(', ')}) DO NOTHING`,
          Object.values(added),
        );
        // Another program was quicker: its row is changed.
        if (inserted > 0) return;
      }
    },

    change: (session, table, row) => change(session, table, withMachine(table, row, here)),

    insertAll: (session, table, rows) =>
      insertRows(
        session,
        table,
        rows.map((row) => sealed(table, whole(table, withMachine(table, row, here)))),
      ),

    address: (address) => addressOn(address, here),

    placeId: (place) => placeOn(place, here).id,
  };
}

/** Seals and checks rows under the key of a ledger. `check` throws `refused`. */
function rowSeals(key: Uint8Array, ledger: string) {
  const macKey = Buffer.from(hkdfSync('sha256', key, '', LABEL, 32));
  const macOf = (table: LedgerTable, row: SqlRow) => {
    const values = LEDGER_TABLES[table].deciding.map((column) => row[column] ?? null);
    return createHmac('sha256', macKey)
      .update(JSON.stringify([ledger, table, ...values]))
      .digest('base64url');
  };
  const check = (table: LedgerTable, row: SqlRow) => {
    const [expected, found] = [macOf(table, row), String(row['mac'] ?? '')].map((text) => Buffer.from(text));
    if (expected !== undefined && found?.length === expected.length && timingSafeEqual(expected, found))
      return;
    throw changedByOthers(table, row);
  };
  const sealed = (table: LedgerTable, row: SqlRow) => ({ ...row, mac: macOf(table, row) });
  return { check, sealed };
}

function changedByOthers(table: LedgerTable, row: SqlRow): KeysError {
  return new KeysError(
    'refused',
    `a row of the shared ledger was not written under KEYS_LEDGER_KEY: ${table} ${primaryKeyOf(table, row).join(' ')}`,
    {
      hint: 'somebody has changed the database by other means than keys: restore it from a backup; nothing was changed',
    },
  );
}
