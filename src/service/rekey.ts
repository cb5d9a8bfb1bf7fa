import { KeysError } from '../domain/errors.js';
import type { SqlDatabase, SqlRow, SqlSession } from '../storage/sql/sql-database.js';
import { ROWS_AT_ONCE } from '../storage/sql/sql-database.js';
import { aesCipher, encryptionKeyCheck, type TextCipher } from './secret-cipher.js';
import { DATABASE_SETTINGS, lockEncryptionKey } from './store/settings.js';

const { encryptionKeyCheck: CHECK, nextEncryptionKeyCheck: NEXT } = DATABASE_SETTINGS;

export interface EncryptionKeys {
  readonly oldKey: Uint8Array;
  readonly newKey: Uint8Array;
}

export interface Rekeyed {
  /** Signing halves that were encrypted anew. */
  readonly changed: number;
  /** The key that the database was under; `nothing`: it holds nothing encrypted, and has no key. */
  readonly before: 'old' | 'new' | 'nothing';
}

/**
 * Encrypts the signing halves of all pairs under a new key, in batches, and returns how many it changed. A
 * call that was interrupted is continued by another with the same keys; no server starts in between, and
 * running servers create no pairs. Throws `conflict` for an old key that is not the database's, for another
 * new key than an unfinished change has, and for pairs that neither key opens.
 */
export async function rekey(database: SqlDatabase, { oldKey, newKey }: EncryptionKeys): Promise<Rekeyed> {
  const [oldCheck, newCheck] = [encryptionKeyCheck(oldKey), encryptionKeyCheck(newKey)];
  const [kept, next] = [await setting(database, CHECK), await setting(database, NEXT)];
  if (kept === null) return { changed: 0, before: 'nothing' };
  if (kept === newCheck && next === null) return { changed: 0, before: 'new' };
  if (kept !== oldCheck) {
    throw new KeysError('conflict', "the old encryption key is not this database's", {
      hint: 'nothing was changed',
    });
  }
  if (next !== null && next !== newCheck) {
    throw new KeysError('conflict', 'an unfinished change has another new encryption key', {
      hint: 'finish it with that key first; nothing was changed',
    });
  }
  await keep(database, NEXT, newCheck);
  const [old, fresh] = [aesCipher(oldKey), aesCipher(newKey)];
  const changed = await resealAll(database, (work) => database.transaction(work), old, fresh);
  return await database.transaction(async (session) => {
    await lockEncryptionKey(session);
    // Again, for pairs that a server was creating, or an import was adding, when the change began.
    const late = await resealAll(session, (work) => work(session), old, fresh);
    await keep(session, CHECK, newCheck);
    await session.run('DELETE FROM service_settings WHERE name = ?', [NEXT]);
    return { changed: changed + late, before: 'old' };
  });
}

/** Encrypts anew what `database` reads. `inTransaction` writes each batch. Returns how many it changed. */
async function resealAll(
  database: Pick<SqlSession, 'all'>,
  inTransaction: (work: (session: SqlSession) => Promise<number>) => Promise<number>,
  old: TextCipher,
  next: TextCipher,
): Promise<number> {
  const unreadable: string[] = [];
  let changed = 0;
  let last = '';
  for (;;) {
    const rows = await database.all(
      'SELECT id, name, sealed_secret_key FROM api_keys WHERE sealed_secret_key IS NOT NULL AND id > ? ORDER BY id LIMIT ?',
      [last, ROWS_AT_ONCE],
    );
    if (rows.length === 0) break;
    last = String(rows.at(-1)?.['id']);
    const resealed = rows.flatMap((row) => {
      const found = reseal(row, old, next);
      if (found === undefined) unreadable.push(`${row['name']} (${row['id']})`);
      return found ?? [];
    });
    changed += await inTransaction(async (session) => {
      let count = 0;
      for (const { id, from, to } of resealed) {
        count += await session.run(
          'UPDATE api_keys SET sealed_secret_key = ? WHERE id = ? AND sealed_secret_key = ?',
          [to, id, from],
        );
      }
      return count;
    });
  }
  if (unreadable.length === 0) return changed;
  throw new KeysError('conflict', `neither key opens the signing half of ${unreadable.join(', ')}`, {
    hint: 'revoke these keys, or bring back the key that they were encrypted with; then run this again',
  });
}

/** Null: it is under the new key already. Undefined: neither key opens it. */
function reseal(
  row: SqlRow,
  old: TextCipher,
  next: TextCipher,
): { id: string; from: string; to: string } | null | undefined {
  const [id, from] = [String(row['id']), String(row['sealed_secret_key'])];
  if (opened(next, from, id) !== null) return null;
  const secret = opened(old, from, id);
  return secret === null ? undefined : { id, from, to: next.seal(secret, id) };
}

function opened(cipher: TextCipher, sealed: string, id: string): string | null {
  try {
    return cipher.open(sealed, id);
  } catch {
    return null;
  }
}

async function setting(database: Pick<SqlSession, 'all'>, name: string): Promise<string | null> {
  const [row] = await database.all('SELECT value FROM service_settings WHERE name = ?', [name]);
  return row === undefined ? null : String(row['value']);
}

async function keep(session: Pick<SqlSession, 'run'>, name: string, value: string): Promise<void> {
  await session.run(
    `INSERT INTO service_settings (name, value) VALUES (?, ?)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    [name, value],
  );
}
