import { join } from 'node:path';
import type { Clock } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import { SCOPE_ALL, SCOPE_READ, SCOPE_VERIFY, SCOPE_WRITE } from '../../domain/scopes.js';
import { generateSecret, inspectSecret } from '../../domain/secret-format.js';
import { createFile, makeFolder, readWhole, removeFile } from '../../storage/files.js';
import { sqliteFailure } from '../../storage/sql/sqlite-failure.js';
import { secretDigest } from '../authenticate.js';
import { mintRow } from '../mint.js';
import { idempotencyDigest } from '../one-time-answer.js';
import { KEYS_POLICY } from '../policies/keys.js';
import { type KeyStore, RepeatedRequest } from '../store/key-store.js';

const PREFIX = 'sk_live_';

/** Where the first start leaves the key, in the data directory. */
const MANAGEMENT_KEY_FILE = 'management.key';
const MAX_BYTES = 4096;

/**
 * Sees to it that the service can be managed: takes the key that is given (throws `usage` for one that is not of our
 * format), or where the database has never had one makes one and writes it to `management.key` (0600). Returns the path
 * where it did. Of servers that start at once on one database, with a data directory each, one makes it.
 */
export async function ensureManagementKey(
  store: KeyStore,
  dataDir: string,
  clock: Clock,
  given: string | undefined,
): Promise<string | null> {
  if (given !== undefined) {
    const found = inspectSecret(given);
    if (found.shape !== 'ours' || found.prefix !== PREFIX) {
      throw new KeysError('usage', 'KEYS_MANAGEMENT_KEY is not a key of our format', {
        hint: `${PREFIX}, 33 letters and digits, and their checksum; without it the service makes one`,
      });
    }
    if ((await store.byDigest(secretDigest(given))) === null)
      await insertOnce(store, clock, given, secretDigest(given));
    return null;
  }
  // The database decides, not the file: a file that was moved away does not bring a second key with every right.
  if (await store.hasManagementKey()) return null;
  const path = join(dataDir, MANAGEMENT_KEY_FILE);
  try {
    makeFolder(dataDir);
    // The file first: a key that nobody could read would be left behind by a full disk. A first start that was cut off
    // between the two has left a key that the database does not know yet.
    const before = readKey(path);
    const secret = before ?? (await writeKey(path, generateSecret(PREFIX)));
    await insertOnce(store, clock, secret, 'first');
    if ((await store.byDigest(secretDigest(secret))) !== null) return path;
    // Another server's first start was quicker: its key is the one, and this one was never good for anything.
    if (before === null) removeFile(path);
    return null;
  } catch (error) {
    throw sqliteFailure(error, path);
  }
}

/** The key in the file; null where there is none that could be used. */
function readKey(path: string): string | null {
  const bytes = readWhole(path, MAX_BYTES);
  if (bytes === null) return null;
  const text = bytes.toString('utf8').trim();
  const found = inspectSecret(text);
  if (found.shape === 'ours' && found.prefix === PREFIX) return text;
  if (text !== '') {
    throw new KeysError('data_unwritable', `there is something else where the management key goes: ${path}`, {
      hint: 'move that file away and start again',
    });
  }
  removeFile(path);
  return null;
}

/** Creates the file. If another start was first, its key is the one. */
async function writeKey(path: string, secret: string): Promise<string> {
  await createFile(path, `${secret}\n`);
  return readKey(path) ?? secret;
}

/** Inserts the key, unless another start has inserted one under the same `once` before. */
async function insertOnce(store: KeyStore, clock: Clock, secret: string, once: string): Promise<void> {
  const now = clock.now();
  const { row } = mintRow(
    {
      name: 'management key',
      type: 'secret',
      environment: 'live',
      service: null,
      scopes: [SCOPE_READ, SCOPE_WRITE, SCOPE_VERIFY, SCOPE_ALL],
      restrictions: {},
      metadata: {},
      created_at: now,
      last_used: null,
      expires_at: null,
      revoked_at: null,
      rolled_from: null,
      rolled_to: null,
    },
    KEYS_POLICY,
    undefined,
    secret,
  );
  const answer = {
    digest: idempotencyDigest(`management ${once}`),
    principal: 'owner',
    route: 'management key',
    body_digest: row.digest,
    key_id: row.id,
    created_at: now,
    sealed: null,
  };
  try {
    await store.insert(row, answer);
  } catch (error) {
    if (!(error instanceof RepeatedRequest)) throw error;
  }
}
