import { join } from 'node:path';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { createSqlKeyStore } from '../../src/service/store/sql-key-store.js';
import { openSqliteDatabase } from '../../src/storage/sql/sqlite-database.js';
import { keyStoreContract } from '../contract/key-store.js';
import { temporaryFolder } from '../support/temporary-folder.js';

keyStoreContract('SQLite', async () =>
  createSqlKeyStore(await openSqliteDatabase(join(temporaryFolder(), 'keys.db'), KEY_SERVICE_MIGRATIONS)),
);
