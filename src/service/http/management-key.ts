import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import { SCOPE_ALL, SCOPE_READ, SCOPE_WRITE } from '../../domain/scopes.js';
import { generateSecret, inspectSecret } from '../../domain/secret-format.js';
import { secretDigest } from '../authenticate.js';
import { mintRow } from '../mint.js';
import { idempotencyDigest } from '../one-time-answer.js';
import type { KeyStore } from '../store/key-store.js';

const PREFIX = 'sk_live_';

/** Where the first start leaves the key, in the data directory. */
const MANAGEMENT_KEY_FILE = 'management.key';

/**
 * Sees to it that the service can be managed: takes the key that is given (throws `usage` for one that is not of our
 * format), or at the first start makes one and writes it to `management.key` (0600). Returns the path where it did.
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
    if ((await store.byDigest(secretDigest(given))) === null) await insert(store, clock, given);
    return null;
  }
  const path = join(dataDir, MANAGEMENT_KEY_FILE);
  if (existsSync(path)) return null;
  const secret = generateSecret(PREFIX);
  // The file first: a key that nobody could read would be left behind by a full disk.
  writeFileSync(path, `${secret}\n`, { mode: 0o600, flag: 'wx' });
  await insert(store, clock, secret);
  return path;
}

async function insert(store: KeyStore, clock: Clock, secret: string): Promise<void> {
  const now = clock.now();
  const { row } = mintRow(
    {
      name: 'management key',
      type: 'secret',
      environment: 'live',
      service: null,
      scopes: [SCOPE_READ, SCOPE_WRITE, SCOPE_ALL],
      restrictions: {},
      metadata: {},
      created_at: now,
      last_used: null,
      expires_at: null,
      revoked_at: null,
      rolled_from: null,
      rolled_to: null,
    },
    secret,
  );
  await store.insert(row, {
    digest: idempotencyDigest(`management ${row.digest}`),
    principal: 'owner',
    route: 'management key',
    body_digest: row.digest,
    key_id: row.id,
    created_at: now,
    sealed: null,
  });
}
