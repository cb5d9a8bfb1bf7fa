import { z } from 'zod';
import type { SqlDatabase } from '../database/sql-database.js';
import { KeysError } from '../domain/errors.js';
import { KEY_TYPES } from '../domain/key.js';
import { createRequest } from '../wire/schemas.js';
import type { KeyRow } from './store/key-store.js';
import { addKeys, ROWS_AT_ONCE, readAllKeys } from './store/key-transfer.js';

const FORMAT = 'keys';
/** Raised when a line comes to mean something else. */
const VERSION = 1;

const header = z.object({ format: z.literal(FORMAT), version: z.int(), keys: z.int().min(0) });

const time = z.int().min(0);
const id = z.string().regex(/^\w{1,64}$/);
const text = z.string().refine((value) => !value.includes('\0'), 'holds NUL');
const keyLine = z.strictObject({
  id,
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  name: text.min(1),
  type: z.enum(KEY_TYPES),
  environment: text,
  service: text.nullable(),
  prefix: text,
  hint: text,
  scopes: createRequest.shape.scopes.unwrap(),
  restrictions: createRequest.shape.restrictions.unwrap(),
  metadata: createRequest.shape.metadata.unwrap(),
  created_at: time,
  last_used: time.nullable(),
  expires_at: time.nullable(),
  revoked_at: time.nullable(),
  rolled_from: id.nullable(),
  rolled_to: id.nullable(),
});

/**
 * Hands every key to `write` as lines of JSON, each with its line end, a batch at a time: first a header with format,
 * version and count, then a key a line, as it is stored: with its digest, times in epoch milliseconds. What is kept for
 * repeated requests is not in it: it is good for a day, and only for whoever sent them.
 */
export async function exportKeys(
  database: SqlDatabase,
  write: (lines: string) => Promise<void>,
): Promise<void> {
  await readAllKeys(database, async (keys, batches) => {
    await write(`${JSON.stringify({ format: FORMAT, version: VERSION, keys })}\n`);
    for await (const rows of batches) await write(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  });
}

/**
 * Adds what `exportKeys` wrote, all or nothing, in memory that does not grow. Throws `invalid_request`, with the number of
 * the line, for what it did not write or what was cut off, and `conflict` for another key under an id that is there.
 */
export async function importKeys(
  database: SqlDatabase,
  lines: AsyncIterable<string>,
): Promise<{ added: number; same: number }> {
  return await addKeys(database, batchesOf(lines));
}

async function* batchesOf(lines: AsyncIterable<string>): AsyncIterable<readonly KeyRow[]> {
  let number = 0;
  let expected = 0;
  let batch: KeyRow[] = [];
  for await (const line of lines) {
    number++;
    if (number === 1) {
      expected = readHeader(line);
      continue;
    }
    batch.push(readKey(line, number));
    if (batch.length < ROWS_AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  yield batch;
  // Thrown inside the transaction, which then takes all back.
  if (number === 0) throw notOurs(1, 'there is nothing');
  if (number - 1 !== expected) {
    throw notOurs(number, `${number - 1} keys where the first line says ${expected}: it was cut off`);
  }
}

function readHeader(line: string): number {
  const found = header.safeParse(parse(line, 1));
  if (!found.success) throw notOurs(1, 'not the first line of an export');
  if (found.data.version === VERSION) return found.data.keys;
  throw notOurs(1, `version ${found.data.version}, where this program knows ${VERSION}`);
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
