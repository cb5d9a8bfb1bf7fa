import { z } from 'zod';
import { KEY_ACTIONS } from '../domain/audit-event.js';
import { KeysError } from '../domain/errors.js';
import { KEY_TYPES } from '../domain/key.js';
import { issueLine } from '../domain/schema-words.js';
import { createRequest } from '../http/wire/request-schemas.js';
import type { SqlDatabase } from '../storage/sql/sql-database.js';
import { ROWS_AT_ONCE } from '../storage/sql/sql-database.js';
import { findPolicy, POLICIES, prefixesUnder } from './policies/find-policy.js';
import { KEYS_POLICY } from './policies/keys.js';
import type { Policy } from './policies/policy.js';
import type { AuditRow, By } from './store/audit-trail.js';
import type { KeyRow } from './store/key-store.js';
import { addKeys, type KeysFound, readAllKeys } from './store/key-transfer.js';
import { DATABASE_SETTINGS, type DatabaseSettings } from './store/settings.js';
import { STORED_DIGEST } from './stored-digest.js';

const FORMAT = 'keys';
/** Raised when a line comes to mean something else. */
const VERSION = 1;

const check = z.string().regex(/^[0-9a-f]{64}$/);
const digest = z.string().regex(STORED_DIGEST);
const settings = z.strictObject({
  [DATABASE_SETTINGS.policy]: z.enum(POLICIES.map(({ id }) => id)).optional(),
  [DATABASE_SETTINGS.encryptionKeyCheck]: check.optional(),
  [DATABASE_SETTINGS.nextEncryptionKeyCheck]: check.optional(),
  [DATABASE_SETTINGS.ownPrefixes]: z.string().optional(),
  [DATABASE_SETTINGS.importedDigests]: z.literal('yes').optional(),
});
const count = z.int().min(0);
const header = z.object({
  format: z.literal(FORMAT),
  version: z.int(),
  keys: count,
  events: count,
  settings,
});

const time = z.int().min(0);
const id = z.string().regex(/^\w{1,64}$/);
const text = z.string().refine((value) => !value.includes('\0'), 'holds NUL');
const keyLine = z.strictObject({
  id,
  digest,
  name: text.min(1),
  type: z.enum(KEY_TYPES),
  environment: text,
  service: text.nullable(),
  prefix: text,
  hint: text,
  scopes: createRequest().shape.scopes._zod.def.innerType,
  restrictions: createRequest().shape.restrictions._zod.def.innerType,
  // An export from before there were limits has none, nor owners.
  limits: z.prefault(createRequest().shape.limits._zod.def.innerType, {}),
  owner: z.prefault(text.nullable(), null),
  metadata: createRequest().shape.metadata._zod.def.innerType,
  created_at: time,
  last_used: time.nullable(),
  expires_at: time.nullable(),
  revoked_at: time.nullable(),
  // Absent in files of earlier versions.
  paused_at: time.nullable().default(null),
  rolled_from: id.nullable(),
  rolled_to: id.nullable(),
  sealed_secret_key: z
    .string()
    .regex(/^[\w-]{1,1000}$/)
    .nullable(),
});

const eventLine = z.strictObject({
  id,
  at: time,
  actor: id,
  action: z.enum(KEY_ACTIONS),
  key_id: id.nullable(),
  details: z.record(z.string(), z.unknown()),
});

/**
 * Hands every key to `write` as lines of JSON, each with its line end, a batch at a time: first a header with
 * format, version, counts and the database's settings, then a key a line, as it is stored: with its digest,
 * the half that signs encrypted as it was, times in epoch milliseconds; then an event of the audit trail a
 * line. What is kept for repeated requests is not in it: it is good for a day, and only for whoever sent
 * them.
 */
export async function exportKeys(
  database: SqlDatabase,
  write: (lines: string) => Promise<void>,
): Promise<void> {
  const linesOf = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  await readAllKeys(database, async (found, keys, events) => {
    await write(linesOf([{ format: FORMAT, version: VERSION, ...found }]));
    for await (const rows of keys) await write(linesOf(rows));
    for await (const rows of events) await write(linesOf(rows));
  });
}

/**
 * Adds what `exportKeys` wrote, all or nothing, in memory that does not grow. Throws `invalid_request`, with
 * the number of the line, for what it did not write or what was cut off, and `conflict` for another key under
 * an id that is there or a database under another policy or encryption key.
 */
export async function importKeys(
  database: SqlDatabase,
  lines: AsyncIterable<string>,
  by: By,
): Promise<{ added: number; same: number }> {
  const reader = lineReader(lines);
  const { keys, events, settings } = readHeader((await reader.next()) ?? '');
  const policy = findPolicy(settings.policy ?? KEYS_POLICY.id);
  const readKey = (line: string, number: number) => {
    const row = readRow<KeyRow>(keyLine, line, number);
    // Such a database has keys that begin otherwise.
    if (settings.own_prefixes === undefined && settings.imported_digests === undefined)
      refuseUnusable(row, policy, number);
    return row;
  };
  return await addKeys(database, {
    settings,
    by,
    keys: batchesOf(reader, keys, readKey),
    events: batchesOf(reader, events, (line, number) => readRow<AuditRow>(eventLine, line, number), true),
  });
}

interface LineReader {
  /** Null after the last line. */
  next(): Promise<string | null>;
  /** Of the line that was read last, from 1. */
  readonly number: number;
}

function lineReader(lines: AsyncIterable<string>): LineReader {
  const iterator = lines[Symbol.asyncIterator]();
  let number = 0;
  return {
    async next() {
      const { done, value } = await iterator.next();
      if (done) return null;
      number++;
      return value;
    },
    get number() {
      return number;
    },
  };
}

/**
 * So many lines as rows; with `last`, none may come after them. What it throws ends the transaction that adds
 * them.
 */
async function* batchesOf<Row>(
  reader: LineReader,
  expected: number,
  read: (line: string, number: number) => Row,
  last = false,
): AsyncIterable<readonly Row[]> {
  let batch: Row[] = [];
  for (let left = expected; left > 0; left--) {
    const line = await reader.next();
    if (line === null)
      throw notOurs(reader.number, `${left} lines less than the first line says: it was cut off`);
    batch.push(read(line, reader.number));
    if (batch.length < ROWS_AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  yield batch;
  if (last && (await reader.next()) !== null) throw notOurs(reader.number, 'more than the first line says');
}

function readHeader(line: string): KeysFound {
  const found = header.safeParse(parse(line, 1));
  if (!found.success) throw notOurs(1, 'not the first line of an export');
  const { version, keys, events, settings } = found.data;
  if (version === VERSION) return { keys, events, settings: settings as DatabaseSettings };
  throw notOurs(1, `version ${version}, where this program knows ${VERSION}`);
}

function readRow<Row>(schema: z.ZodType, line: string, number: number): Row {
  const value = parse(line, number);
  const found = schema.safeParse(value);
  if (found.success) return found.data as Row;
  const [issue] = found.error.issues;
  throw notOurs(number, issue === undefined ? 'not its shape' : issueLine(issue, value, 'the whole'));
}

/** A key that no request could be let in with must not be listed as active: throws `invalid_request`. */
function refuseUnusable(row: KeyRow, policy: Policy, number: number): void {
  if (prefixesUnder(policy).includes(row.prefix)) return;
  throw notOurs(number, `no key under the policy ${policy.id} begins with ${JSON.stringify(row.prefix)}`);
}

function parse(line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw notOurs(number, 'not JSON');
  }
}

function notOurs(number: number, why: string): KeysError {
  return new KeysError('invalid_request', `line ${number}: ${why}`, {
    hint: 'take what the export printed, whole and unchanged; nothing was added',
    details: { line: number },
  });
}
