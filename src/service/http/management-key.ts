import { join } from 'node:path';
import type { Clock } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import { SCOPE_ALL, SCOPE_READ, SCOPE_VERIFY, SCOPE_WRITE } from '../../domain/scopes.js';
import { generateSecret, inspectSecret } from '../../domain/secret-format.js';
import { shownTime } from '../../domain/whole-seconds.js';
import { makeFolder } from '../../storage/files/folders.js';
import { removeFile } from '../../storage/files.js';
import { sqliteFailure } from '../../storage/sql/sqlite-failure.js';
import { createRow } from '../create-row.js';
import { statusOf } from '../key-record.js';
import { idempotencyDigest } from '../one-time-response.js';
import { KEYS_POLICY } from '../policies/keys.js';
import { canManage } from '../rights.js';
import { type KeyRow, type KeyStore, RepeatedRequest } from '../store/key-store.js';
import { secretDigest } from '../stored-digest.js';
import { keepPreviousKeyFile, MANAGEMENT_PREFIX, readKeyFile, writeKeyFile } from './management-key-file.js';

/** Where the first start and `keys serve recover` write the key, in the data directory. */
const MANAGEMENT_KEY_FILE = 'management.key';

/**
 * Makes sure that the service can be managed. Takes the key that is given: throws `usage` for one that is not
 * of our format, `conflict` for one that cannot manage keys any more. Without one, a database that never had
 * a management key gets one, named for this machine and written to `management.key` (0600); returns its path
 * then, else null. Of servers that start at the same moment on one database, one creates it.
 */
export async function ensureManagementKey(
  store: KeyStore,
  dataDir: string,
  clock: Clock,
  { managementKey: given, machine }: { readonly managementKey?: string; readonly machine?: string } = {},
): Promise<string | null> {
  if (given !== undefined) {
    await useGivenKey(store, clock, given);
    return null;
  }
  // The database decides, not the file: a file that was moved away does not cause a second key with every
  // right.
  if (await store.hasManagementKey()) return null;
  const path = join(dataDir, MANAGEMENT_KEY_FILE);
  try {
    const { secret, found } = await fileKey(dataDir, path);
    await insertOnce(store, clock, { secret, once: 'first', machine });
    if ((await store.byDigest(secretDigest(secret))) !== null) return path;
    // Another server's first start was faster: its key is the one, and this one was never valid.
    if (!found) removeFile(path);
    return null;
  } catch (error) {
    throw sqliteFailure(error, path);
  }
}

/**
 * Creates a management key with every right and writes it to `management.key` (0600). A key in that file that
 * still can do everything is kept, and `created` is false. A key that cannot is moved to
 * `management.key.previous`.
 */
export async function recoverManagementKey(
  store: KeyStore,
  dataDir: string,
  clock: Clock,
  machine?: string,
): Promise<{ path: string; created: boolean }> {
  const path = join(dataDir, MANAGEMENT_KEY_FILE);
  try {
    let { secret } = await fileKey(dataDir, path);
    const before = await store.byDigest(secretDigest(secret));
    if (before !== null && canDoEverything(before, clock.now())) return { path, created: false };
    if (before !== null) {
      keepPreviousKeyFile(path);
      ({ secret } = await fileKey(dataDir, path));
    }
    await insertOnce(store, clock, { secret, once: secretDigest(secret), machine });
    return { path, created: true };
  } catch (error) {
    throw sqliteFailure(error, path);
  }
}

async function useGivenKey(store: KeyStore, clock: Clock, given: string): Promise<void> {
  const found = inspectSecret(given);
  if (found.shape !== 'ours' || found.prefix !== MANAGEMENT_PREFIX) {
    throw new KeysError('usage', 'KEYS_MANAGEMENT_KEY is not a key of our format', {
      hint: `${MANAGEMENT_PREFIX}, 33 letters and digits, and their checksum; without it the service creates one`,
    });
  }
  const digest = secretDigest(given);
  const row = await store.byDigest(digest);
  if (row === null) return await insertOnce(store, clock, { secret: given, once: digest });
  const status = statusOf(row, clock.now());
  if (status === 'active' && canManage(row)) return;
  const since = status === 'revoked' ? row.revoked_at : row.expires_at;
  const what = status === 'active' ? 'cannot manage keys' : `is ${status}`;
  throw new KeysError(
    'conflict',
    `KEYS_MANAGEMENT_KEY ${what}${since === null ? '' : ` (${shownTime(since)})`}: ${row.id}`,
    {
      hint: 'set another key, or unset it',
      next: 'recover_management_key',
    },
  );
}

/**
 * The key in the file, or a new one that was written there. The file comes first: a full disk must not leave
 * a key that nobody can read. A start that was killed between the two has left a key that the database does
 * not know yet.
 */
async function fileKey(dataDir: string, path: string): Promise<{ secret: string; found: boolean }> {
  makeFolder(dataDir);
  const before = readKeyFile(path);
  if (before !== null) return { secret: before, found: true };
  return { secret: await writeKeyFile(path, generateSecret(MANAGEMENT_PREFIX)), found: false };
}

function canDoEverything(row: KeyRow, now: number): boolean {
  const unlimited = Object.values(row.restrictions).every((list) => list.length === 0);
  return (
    statusOf(row, now) === 'active' && row.scopes.includes(SCOPE_ALL) && unlimited && row.expires_at === null
  );
}

/**
 * The name of a management key: people know it by the machine that wrote it to its file. Undefined: it came
 * from elsewhere.
 */
function nameOn(machine: string | undefined): string {
  const [host = ''] = (machine ?? '')
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .split('.');
  return host === '' ? 'management key' : `management key of ${host.slice(0, LONGEST_HOST)}`;
}

/** As DNS has it; a name has room for more. */
const LONGEST_HOST = 63;

/** Inserts the key, unless another start has inserted one under the same `once` before. */
async function insertOnce(
  store: KeyStore,
  clock: Clock,
  { secret, once, machine }: { secret: string; once: string; machine?: string | undefined },
): Promise<void> {
  const now = clock.now();
  const { row } = createRow(
    {
      name: nameOn(machine),
      type: 'secret',
      environment: 'live',
      service: null,
      scopes: [SCOPE_READ, SCOPE_WRITE, SCOPE_VERIFY, SCOPE_ALL],
      restrictions: {},
      limits: {},
      owner: null,
      metadata: {},
      created_at: now,
      last_used: null,
      expires_at: null,
      revoked_at: null,
      paused_at: null,
      rolled_from: null,
      rolled_to: null,
    },
    KEYS_POLICY,
    undefined,
    secret,
  );
  const response = {
    digest: idempotencyDigest(`management ${once}`),
    principal: 'owner',
    route: 'management key',
    body_digest: row.digest,
    key_id: row.id,
    created_at: now,
    sealed: null,
  };
  try {
    await store.insert(row, { actor: response.principal, response });
  } catch (error) {
    if (!(error instanceof RepeatedRequest)) throw error;
  }
}
