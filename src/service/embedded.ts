import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteDatabase } from '../database/sqlite-database.js';
import type { Clock } from '../domain/clock.js';
import type { KeyService } from '../domain/key-service.js';
import { ANSWER_KEPT_MS } from './one-time-answer.js';
import { OWNER } from './principal.js';
import { createKeyRules } from './rules.js';
import { KEY_SERVICE_MIGRATIONS } from './store/migrations.js';
import { createSqlKeyStore } from './store/sql-key-store.js';

/** The database's name in a data directory. */
export const DATABASE_FILE = 'keys.db';

export interface EmbeddedService {
  readonly service: KeyService;
  /** Whether this call made the database. */
  readonly firstUse: boolean;
  close(): Promise<void>;
}

/** The key service in this process, over one file; its caller is the file's owner. Errors: see `openSqliteDatabase`. */
export async function openEmbeddedService(dataDir: string, clock: Clock): Promise<EmbeddedService> {
  const path = join(dataDir, DATABASE_FILE);
  const firstUse = !existsSync(path);
  const store = createSqlKeyStore(await openSqliteDatabase(path, KEY_SERVICE_MIGRATIONS));
  await store.dropSealedBefore(clock.now() - ANSWER_KEPT_MS);
  return { service: createKeyRules(store, clock).as(OWNER), firstUse, close: () => store.close() };
}
