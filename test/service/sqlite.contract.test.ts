import { join } from 'node:path';
import { createSqlKeyStore } from '../../src/service/store/sql-key-store.js';
import { openSqliteDatabase } from '../../src/service/store/sqlite-database.js';
import { keyStoreContract } from '../contract/key-store.js';
import { temporaryFolder } from '../support/temporary-folder.js';

keyStoreContract('SQLite', async () =>
  createSqlKeyStore(await openSqliteDatabase(join(temporaryFolder(), 'keys.db'))),
);
