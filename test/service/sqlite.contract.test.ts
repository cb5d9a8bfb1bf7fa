import { join } from 'node:path';
import { openSqliteDatabase } from '../../src/database/sqlite-database.js';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { createSqlKeyStore } from '../../src/service/store/sql-key-store.js';
import { keyStoreContract } from '../contract/key-store.js';
import { temporaryFolder } from '../support/temporary-folder.js';

keyStoreContract('SQLite', async () =>
  createSqlKeyStore(await openSqliteDatabase(join(temporaryFolder(), 'keys.db'), KEY_SERVICE_MIGRATIONS)),
);
