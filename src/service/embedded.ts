import { join } from 'node:path';
import type { Clock } from '../domain/clock.js';
import type { CreatedKey } from '../domain/key.js';
import type { KeyService } from '../domain/key-service.js';
import { fileExists } from '../storage/files/file-status.js';
import { openSqliteDatabase } from '../storage/sql/sqlite-database.js';
import { createLimitCounter } from './limit-counter.js';
import { RESPONSE_KEPT_MS } from './one-time-response.js';
import { type OpenRulesOptions, openKeyRules } from './open-rules.js';
import { OWNER } from './principal.js';
import type { KeyRules } from './rules.js';
import { KEY_SERVICE_MIGRATIONS } from './store/migrations.js';
import { createSqlKeyStore } from './store/sql-key-store.js';

/** The database's name in a data directory. */
export const DATABASE_FILE = 'keys.db';

/** Whether a data directory has a database already: opening the service would make one. */
export function hasDatabase(dataDir: string): boolean {
  return fileExists(join(dataDir, DATABASE_FILE));
}

export interface EmbeddedService {
  readonly service: KeyService;
  /** Judges a key as `service.verify` does, without counting a use of it. */
  readonly authenticate: KeyRules['authenticate'];
  /** Id of the policy that the database is under. */
  readonly policy: string;
  /** Whether this call made the database. */
  readonly firstUse: boolean;
  /** Keys that the policy has from the start, made just now. */
  readonly firstKeys: readonly CreatedKey[];
  close(): Promise<void>;
}

/**
 * The key service in this process, over one file; its caller is the file's owner. Errors: see
 * `openSqliteDatabase`.
 */
export async function openEmbeddedService(
  dataDir: string,
  clock: Clock,
  options: OpenRulesOptions = {},
): Promise<EmbeddedService> {
  const firstUse = !hasDatabase(dataDir);
  const path = join(dataDir, DATABASE_FILE);
  const store = createSqlKeyStore(await openSqliteDatabase(path, KEY_SERVICE_MIGRATIONS));
  try {
    await store.dropSealedBefore(clock.now() - RESPONSE_KEPT_MS);
    const limitCounter = createLimitCounter(store, clock);
    const { rules, policy, firstKeys } = await openKeyRules(store, clock, { ...options, limitCounter });
    return {
      service: rules.as(OWNER),
      authenticate: (secret, facts) => rules.authenticate(secret, facts),
      policy: policy.id,
      firstUse,
      firstKeys,
      async close() {
        try {
          await limitCounter.flush();
        } finally {
          await store.close();
        }
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
