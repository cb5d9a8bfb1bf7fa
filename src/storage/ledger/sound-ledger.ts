import type { Clock } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import type { SqlDatabase } from '../sql/sql-database.js';
import { keepCheckedState, readCheckedState, stateOf } from './checked-state.js';
import type { Leases } from './leases.js';

/** Every program checks a ledger of up to this size: that takes about 10 ms. */
const ALWAYS_CHECKED_BYTES = 1024 * 1024;
/**
 * A larger one is checked after a change that is not of this program, and after this time: a disk changes a
 * page without a trace.
 */
const CHECKED_AGAIN_MS = 24 * 3_600_000;

/** What is guarded of a ledger. */
interface Guarded {
  readonly database: SqlDatabase;
  leases(clock: Clock): Leases;
  close(): Promise<void>;
}

/**
 * The leases of a SQLite ledger whose pages can all be read, and its `close`. SQLite notices a damaged page
 * only when it reads it, which may be after a key was created. The first `take` of a program checks the file,
 * and throws `database_damaged` before anything is sent. `opened`: the state of the file before it was
 * opened. A large file that is as a program has left it is not checked again.
 */
export function soundLedger(
  ledger: Guarded,
  file: string,
  opened: ReturnType<typeof stateOf>,
): Pick<Guarded, 'leases' | 'close'> {
  const isLarge = (state: ReturnType<typeof stateOf>) => (state?.bytes ?? 0) > ALWAYS_CHECKED_BYTES;
  const kept = isLarge(opened) ? readCheckedState(file) : null;
  let checkedAt = kept !== null && kept.state === opened?.text ? kept.checked_at : null;
  let checking: Promise<void> | undefined;
  const check = async (now: number) => {
    if (checkedAt !== null && now >= checkedAt && now - checkedAt < CHECKED_AGAIN_MS) return;
    checkedAt = null;
    await requireSound(ledger.database, file);
    checkedAt = now;
  };
  return {
    leases(clock: Clock) {
      const leases = ledger.leases(clock);
      return {
        ...leases,
        async take(...args) {
          checking ??= check(clock.now());
          await checking;
          return await leases.take(...args);
        },
      };
    },
    async close() {
      await ledger.close();
      const left = stateOf(file);
      if (checkedAt === null || left === null || !isLarge(left)) return;
      keepCheckedState(file, { state: left.text, checked_at: checkedAt });
    },
  };
}

async function requireSound(database: SqlDatabase, file: string): Promise<void> {
  const [row] = await database.all('PRAGMA quick_check(1)');
  const found = String(row?.['quick_check'] ?? '');
  if (found === 'ok') return;
  throw new KeysError('database_damaged', `the ledger is damaged: ${file}`, {
    hint: 'nothing was sent; restore the file from a backup, or move it away to start anew',
    details: { found },
  });
}
