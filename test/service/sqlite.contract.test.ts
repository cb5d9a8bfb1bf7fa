import { join } from 'node:path';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { openSqliteDatabase } from '../../src/storage/sql/sqlite-database.js';
import { clearedStore, keyStoreContract } from '../contract/key-store.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const writerThread = new URL('../../dist/sqlite/sqlite-writer-thread.cjs', import.meta.url);
keyStoreContract('SQLite with a writing thread', async () => {
  const path = join(temporaryFolder(), 'keys.db');
  return clearedStore(await openSqliteDatabase(path, KEY_SERVICE_MIGRATIONS, { writerThread }));
});

keyStoreContract('SQLite', async () =>
  clearedStore(await openSqliteDatabase(join(temporaryFolder(), 'keys.db'), KEY_SERVICE_MIGRATIONS)),
);
