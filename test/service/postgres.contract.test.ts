import { describe, onTestFinished } from 'vitest';
import { OWNER } from '../../src/service/principal.js';
import { createKeyRules } from '../../src/service/rules.js';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { openPostgresDatabase } from '../../src/storage/sql/postgres-database.js';
import { keyServiceContract } from '../contract/key-service.js';
import { keyServiceConcurrency } from '../contract/key-service-concurrency.js';
import { type ClearedStore, clearedStore, keyStoreContract } from '../contract/key-store.js';
import { testPostgres } from '../support/postgres.js';
import { settableClock } from '../support/settable-clock.js';

const { own, all } = await testPostgres();

async function emptyStore(server: (typeof all)[number]): Promise<ClearedStore> {
  const address = await server.freshAddress();
  return clearedStore(await openPostgresDatabase(address, KEY_SERVICE_MIGRATIONS, { env: {} }));
}

for (const server of all) {
  keyStoreContract(server.name, () => emptyStore(server));
  const make = async () => {
    const [clock, store] = [settableClock(), await emptyStore(server)];
    onTestFinished(() => store.close());
    return { service: createKeyRules(store, clock).as(OWNER), clock };
  };
  keyServiceContract(`the rules over ${server.name}`, make);
  keyServiceConcurrency(`the rules over ${server.name}`, make);
}

// `.ci/run` sets REQUIRE_POSTGRES, so the file fails there instead. Elsewhere the end of the run lists these
// tests as skipped.
if (own === null) {
  describe.skip('PostgreSQL', () => {
    keyStoreContract('PostgreSQL', () => Promise.reject(new Error('no PostgreSQL can run here')));
  });
}
