import { createHash, type Hash } from 'node:crypto';
import { z } from 'zod';
import { isoTime } from '../domain/clock.js';
import { KeysError } from '../domain/errors.js';
import type { SqlDatabase, SqlSession, SqlValue } from '../storage/sql/sql-database.js';
import { ROWS_AT_ONCE } from '../storage/sql/sql-database.js';
import { KEY_SERVICE_MIGRATIONS } from './store/migrations.js';
import { DATABASE_SETTINGS } from './store/settings.js';

const FORMAT = 'keys-backup';
const VERSION = 1;

/** Every table, and the columns of its primary key. */
const TABLES = {
  service_settings: ['name'],
  api_keys: ['id'],
  key_events: ['id'],
  key_days: ['key_id', 'day'],
  key_limit_counts: ['key_id', 'kind', 'window_start', 'window_end'],
  one_time_answers: ['digest'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
const TABLE_NAMES = Object.keys(TABLES) as ReadonlyArray<keyof typeof TABLES>;

const header = z.object({
  format: z.literal(FORMAT),
  version: z.int(),
  schema: z.int(),
  created_at: z.string(),
});
const batch = z.object({
  table: z.enum(TABLE_NAMES),
  columns: z.array(z.string().regex(/^[a-z_]+$/)).min(1),
  rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
});
const end = z.object({ rows: z.record(z.string(), z.int()), sha256: z.string() });

/** What a backup holds. */
export interface BackupContent {
  readonly keys: number;
  readonly events: number;
  /** Whether its signing halves can be opened only with the encryption key, which is not in it. */
  readonly needsEncryptionKey: boolean;
  /** Whether imported keys need an HMAC key, which is not in it. */
  readonly needsHmacKeys: boolean;
}

/**
 * Writes all that the database holds at one moment, while servers work on, as lines that each end with a line
 * end.
 */
export async function writeBackup(
  database: SqlDatabase,
  now: number,
  write: (lines: string) => void,
): Promise<void> {
  let started = false;
  await database.snapshot(async (session) => {
    if (started)
      throw new KeysError('database_busy', 'other writers interrupted this', { hint: 'try again' });
    started = true;
    const hash = createHash('sha256');
    const put = (value: unknown) => {
      const line = `${JSON.stringify(value)}\n`;
      hash.update(line);
      write(line);
    };
    put({
      format: FORMAT,
      version: VERSION,
      schema: KEY_SERVICE_MIGRATIONS.length,
      created_at: isoTime(now),
    });
    const rows: Record<string, number> = {};
    for (const table of TABLE_NAMES) {
      rows[table] = 0;
      for await (const { columns, rows: found } of batchesOf(session, table)) {
        put({ table, columns, rows: found });
        rows[table] += found.length;
      }
    }
    write(`${JSON.stringify({ rows, sha256: hash.digest('hex') })}\n`);
  });
}

async function* batchesOf(
  session: Pick<SqlSession, 'all'>,
  table: keyof typeof TABLES,
): AsyncIterable<{ columns: string[]; rows: SqlValue[][] }> {
  const key: readonly string[] = TABLES[table];
  let last: SqlValue[] | undefined;
  do {
    const after = last === undefined ? '' : ` WHERE (${key.join(', ')}) > (${key.map(() => '?').join(', ')})`;
    const found = await session.all(`SELECT * FROM ${table}${after} ORDER BY ${key.join(', ')} LIMIT ?`, [
      ...(last ?? []),
      ROWS_AT_ONCE,
    ]);
    const [first] = found;
    if (first === undefined) return;
    const columns = Object.keys(first);
    yield { columns, rows: found.map((row) => columns.map((column) => row[column] ?? null)) };
    const end = found.at(-1);
    last =
      found.length < ROWS_AT_ONCE || end === undefined ? undefined : key.map((column) => end[column] ?? null);
  } while (last !== undefined);
}

/**
 * Reads a backup to its end and compares it with its counts and its checksum. `take` gets each batch. Throws
 * `invalid_request` for a file that is no backup, that was cut off or changed, or that a later program wrote.
 */
export async function checkBackup(
  lines: AsyncIterable<string>,
  take: (found: z.infer<typeof batch>) => Promise<void> = async () => undefined,
): Promise<BackupContent> {
  const hash = createHash('sha256');
  const counts: Record<string, number> = Object.fromEntries(TABLE_NAMES.map((table) => [table, 0]));
  let [needsEncryptionKey, needsHmacKeys, number] = [false, false, 0];
  let finished = false;
  for await (const line of lines) {
    number++;
    if (finished) throw notABackup(number, 'more than the last line');
    if (number === 1) readHeader(line);
    const last = number > 1 ? end.safeParse(parsed(line, number)) : undefined;
    if (last?.success) {
      compare(last.data, counts, hash);
      finished = true;
      continue;
    }
    hash.update(`${line}\n`);
    if (number === 1) continue;
    const found = batch.safeParse(parsed(line, number));
    if (!found.success) throw notABackup(number, 'not a line of a backup');
    const { table, columns, rows } = found.data;
    counts[table] = (counts[table] ?? 0) + rows.length;
    const values = (column: string) => rows.map((row) => String(row[columns.indexOf(column)]));
    if (table === 'service_settings')
      needsEncryptionKey ||= values('name').includes(DATABASE_SETTINGS.encryptionKeyCheck);
    if (table === 'api_keys') needsHmacKeys ||= values('digest').some((digest) => digest.startsWith('hmac-'));
    await take(found.data);
  }
  if (!finished) throw notABackup(number, 'it was cut off');
  return {
    keys: counts['api_keys'] ?? 0,
    events: counts['key_events'] ?? 0,
    needsEncryptionKey,
    needsHmacKeys,
  };
}

/**
 * Fills a database that was not used yet with a backup, in one transaction. Throws what `checkBackup` throws,
 * and `conflict` for a database that is not empty: it has keys, or the settings of a server that has started
 * on it.
 */
export async function restoreBackup(
  database: SqlDatabase,
  lines: AsyncIterable<string>,
): Promise<BackupContent> {
  let started = false;
  return await database.transaction(async (session) => {
    if (started)
      throw new KeysError('database_busy', 'other writers interrupted this', { hint: 'try again' });
    started = true;
    await refuseUsed(session);
    return await checkBackup(lines, async ({ table, columns, rows }) => {
      const place = `(${columns.map(() => '?').join(', ')})`;
      // A statement of PostgreSQL takes 65,535 parameters, one of SQLite 32,766.
      for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
        const some = rows.slice(start, start + ROWS_AT_ONCE);
        await session.run(
          `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${some.map(() => place).join(', ')}`,
          some.flat(),
        );
      }
    });
  });
}

async function refuseUsed(session: Pick<SqlSession, 'all'>): Promise<void> {
  for (const table of ['api_keys', ...TABLE_NAMES]) {
    if ((await session.all(`SELECT * FROM ${table} LIMIT 1`)).length === 0) continue;
    const what = table === 'api_keys' ? 'has keys already' : 'was used already: a server has started on it';
    throw new KeysError('conflict', `the database ${what}`, {
      hint: 'restore into an empty one; nothing was changed',
    });
  }
}

function readHeader(line: string): void {
  const found = header.safeParse(parsed(line, 1));
  if (!found.success) throw notABackup(1, 'not the first line of a backup');
  const { version, schema } = found.data;
  if (version === VERSION && schema <= KEY_SERVICE_MIGRATIONS.length) return;
  throw new KeysError('invalid_request', 'a later version of keys wrote this backup', {
    hint: 'restore it with that version',
  });
}

function compare(last: z.infer<typeof end>, counts: Readonly<Record<string, number>>, hash: Hash): void {
  const same = TABLE_NAMES.every((table) => last.rows[table] === counts[table]);
  if (!same || hash.digest('hex') !== last.sha256) throw notABackup(0, 'it was changed after it was written');
}

function parsed(line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw notABackup(number, 'not JSON');
  }
}

function notABackup(line: number, why: string): KeysError {
  return new KeysError(
    'invalid_request',
    line === 0 ? `the backup: ${why}` : `line ${line} of the backup: ${why}`,
    {
      hint: 'take another backup; nothing was restored',
      details: { line },
    },
  );
}
