// A program of its own for first-use.test.ts: opens both databases of each folder that it receives, and sends
// back what failed.
import { join } from 'node:path';
import { KEY_SERVICE_MIGRATIONS } from '../../dist/service/store/migrations.js';
import { LEDGER_MIGRATIONS } from '../../dist/storage/ledger/migrations.js';
import { openSqliteDatabase } from '../../dist/storage/sql/sqlite-database.js';

async function open(folder) {
  const keys = await openSqliteDatabase(join(folder, 'keys.db'), KEY_SERVICE_MIGRATIONS);
  const ledger = await openSqliteDatabase(join(folder, 'ledger.db'), LEDGER_MIGRATIONS);
  await keys.all('SELECT count(*) FROM api_keys');
  await ledger.all('SELECT count(*) FROM known_keys');
  await keys.close();
  await ledger.close();
}

process.on('message', ({ folder, at }) => {
  // All programs begin at one moment: the file is locked for a fraction of a millisecond.
  while (Date.now() < at);
  open(folder).then(
    () => process.send(null),
    (error) => process.send(`${error.code}: ${error.message}`),
  );
});
process.send('ready');
