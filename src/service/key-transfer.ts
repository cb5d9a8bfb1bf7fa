import { z } from 'zod';
import type { SqlDatabase } from '../database/sql-database.js';
import { KeysError } from '../domain/errors.js';
import { KEY_TYPES } from '../domain/key.js';
import { createRequest } from '../wire/request-schemas.js';
import { POLICIES } from './policies/find-policy.js';
import type { KeyRow } from './store/key-store.js';
import { addKeys, ROWS_AT_ONCE, readAllKeys } from './store/key-transfer.js';
import { SETTINGS, type Settings } from './store/settings.js';

const FORMAT = 'keys';
/** Raised when a line comes to mean something else. */
const VERSION = 1;

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const settings = z.strictObject({
  [SETTINGS.policy]: z.enum(POLICIES.map(({ id }) => id)).optional(),
  [SETTINGS.encryptionKeyCheck]: digest.optional(),
});
const header = z.object({ format: z.literal(FORMAT), version: z.int(), keys: z.int().min(0), settings });

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
  scopes: createRequest.shape.scopes._zod.def.innerType,
  restrictions: createRequest.shape.restrictions._zod.def.innerType,
  metadata: createRequest.shape.metadata._zod.def.innerType,
  created_at: time,
  last_used: time.nullable(),
  expires_at: time.nullable(),
  revoked_at: time.nullable(),
  rolled_from: id.nullable(),
  rolled_to: id.nullable(),
  sealed_secret_key: z
    .string()
    .regex(/^[\w-]{1,1000}$/)
    .nullable(),
});

/**
 * Hands every key to `write` as lines of JSON, each with its line end, a batch at a time: first a header with format,
 * version, count and the database's settings, then a key a line, as it is stored: with its digest, the half that signs
 * encrypted as it was, times in epoch milliseconds. What is kept for repeated requests is not in it: it is good for a day,
 * and only for whoever sent them.
 */
export async function exportKeys(
  database: SqlDatabase,
  write: (lines: string) => Promise<void>,
): Promise<void> {
  await readAllKeys(database, async (found, batches) => {
    await write(`${JSON.stringify({ format: FORMAT, version: VERSION, ...found })}\n`);
    for await (const rows of batches) await write(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  });
}

/**
 * Adds what `exportKeys` wrote, all or nothing, in memory that does not grow. Throws `invalid_request`, with the number of
 * the line, for what it did not write or what was cut off, and `conflict` for another key under an id that is there or a
 * database under another policy or encryption key.
 */
export async function importKeys(
  database: SqlDatabase,
  lines: AsyncIterable<string>,
): Promise<{ added: number; same: number }> {
  const rest = lines[Symbol.asyncIterator]();
  const first = await rest.next();
  const { keys, settings } = readHeader(first.done ? '' : first.value);
  return await addKeys(database, settings, batchesOf({ [Symbol.asyncIterator]: () => rest }, keys));
}

async function* batchesOf(lines: AsyncIterable<string>, expected: number): AsyncIterable<readonly KeyRow[]> {
  let number = 1;
  let batch: KeyRow[] = [];
  for await (const line of lines) {
    number++;
    batch.push(readKey(line, number));
    if (batch.length < ROWS_AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  yield batch;
  // Thrown inside the transaction, which then takes all back.
  if (number - 1 !== expected) {
    throw notOurs(number, `${number - 1} keys where the first line says ${expected}: it was cut off`);
  }
}

function readHeader(line: string): { keys: number; settings: Settings } {
  const found = header.safeParse(parse(line, 1));
  if (!found.success) throw notOurs(1, 'not the first line of an export');
  const { version, keys, settings } = found.data;
  if (version === VERSION) return { keys, settings: settings as Settings };
  throw notOurs(1, `version ${version}, where this program knows ${VERSION}`);
}

function readKey(line: string, number: number): KeyRow {
  const found = keyLine.safeParse(parse(line, number));
  if (found.success) return found.data as KeyRow;
  const [issue] = found.error.issues;
  throw notOurs(number, `${issue?.path.join('.')}: ${issue?.message}`);
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
    hint: 'take what keys serve export printed, whole and unchanged; nothing was added',
    details: { line: number },
  });
}
