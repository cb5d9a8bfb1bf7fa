import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { openPostgresDatabase } from '../../src/storage/sql/postgres-database.js';
import { idempotent, secretOf } from '../contract/key-service.js';
import { startTestService } from '../support/key-service-server.js';
import { queryPostgres, testPostgres } from '../support/postgres.js';
import { rawRequest } from '../support/raw-request.js';
import { DAY } from '../support/settable-clock.js';
import { testClient } from '../support/test-client.js';

const { own } = await testPostgres();
const PASSWORD = 'fake-password';

/** The statements of the manual, word for word. */
function statements(): string {
  const manual = readFileSync(join(import.meta.dirname, '../../man/keys-service.7.md'), 'utf8');
  const [, sql = ''] = /audit-grants\.test\.ts[^\n]*\n\n```sql\n([\s\S]*?)```/.exec(manual) ?? [];
  expect(sql).toContain('CREATE ROLE keys_server');
  return sql;
}

describe.skipIf(own === null)('the grants that the manual names for the servers', () => {
  let owner = '';
  let server = '';
  beforeAll(async () => {
    // The statements are about the schema `public`: the owner has made its tables there.
    owner = own?.address ?? '';
    await (await openPostgresDatabase(owner, KEY_SERVICE_MIGRATIONS, { env: {} })).close();
    await queryPostgres(owner, statements());
    await queryPostgres(owner, `ALTER ROLE keys_server PASSWORD '${PASSWORD}'`);
    const url = new URL(owner);
    [url.username, url.password] = ['keys_server', PASSWORD];
    server = url.href;
  });

  it('let a server do all its work, and keep the trail of it', async () => {
    const service = await startTestService({ address: server, retention: { endedMs: DAY } });
    const { service: keys } = testClient(service.url, service.managementKey);
    const created = await keys.create(
      { name: 'web', metadata: { team: 'a' }, limits: { rate: '5/min' } },
      idempotent(),
    );
    await keys.update(created.key.id, { name: 'shop', metadata: { team: 'b' } });
    const used = { headers: { authorization: `Bearer ${secretOf(created)}` } };
    expect((await rawRequest(`${service.url}/v1/authorize`, used)).status).toBe(204);
    const rolled = await keys.roll(created.key.id, { grace_seconds: 0 }, idempotent());
    await keys.verify({ key: secretOf(rolled) });
    await keys.pause?.(rolled.key.id);
    await keys.unpause?.(rolled.key.id);
    await keys.revoke(rolled.key.id);
    expect((await keys.list({ metadata: 'team=b' })).keys).toHaveLength(2);
    // Its first purge finds keys that ended, and deletes them.
    const again = await startTestService({
      address: server,
      retention: { endedMs: DAY },
      beside: service,
    });
    await service.close();
    await again.close();
    service.clock.advance(3 * DAY);
    const third = await startTestService({
      address: server,
      retention: { endedMs: DAY },
      beside: service,
    });
    const { service: after } = testClient(third.url, third.managementKey);
    expect((await after.list({ metadata: 'team=b' })).keys).toEqual([]);
    const { events } = await after.events({ key_id: rolled.key.id });
    expect(events.map(({ action }) => action)).toContain('revoked');
    await third.close();
    // The clock of this test is not the database's.
    const wrong = (line: string) => line.includes('error') && !line.includes('the clock of this server');
    for (const { log } of [service, again, third]) expect(log.filter(wrong)).toEqual([]);
  });

  it.each([
    'DELETE FROM key_events',
    'TRUNCATE key_events',
    'TRUNCATE key_events CASCADE',
    "UPDATE key_events SET actor = 'somebody else'",
    'DROP TABLE key_events',
    'ALTER TABLE key_events DISABLE TRIGGER ALL',
    'ALTER TABLE key_events RENAME TO elsewhere',
    'DROP TRIGGER key_events_no_delete ON key_events',
    'DROP FUNCTION key_events_append_only() CASCADE',
    `CREATE OR REPLACE FUNCTION key_events_retention() RETURNS trigger LANGUAGE plpgsql
      AS 'BEGIN RETURN OLD; END'`,
    'CREATE RULE no_events AS ON INSERT TO key_events DO INSTEAD NOTHING',
    'GRANT DELETE ON key_events TO keys_server',
    'SET session_replication_role = replica',
    'DROP SCHEMA public CASCADE',
    `INSERT INTO key_events SELECT * FROM key_events
      ON CONFLICT (id) DO UPDATE SET actor = excluded.actor`,
    `MERGE INTO key_events USING (SELECT 1) one ON true WHEN MATCHED THEN DELETE`,
  ])('refuse %s', async (sql) => {
    // What a thief of the server's password tries first: the time from which events are kept.
    await queryPostgres(
      server,
      "INSERT INTO service_settings VALUES ('events_kept_from', '9000000000000000')",
    ).catch(() =>
      queryPostgres(
        server,
        "UPDATE service_settings SET value = '9000000000000000' WHERE name = 'events_kept_from'",
      ),
    );
    await queryPostgres(
      owner,
      "INSERT INTO key_events VALUES ('fake', 1, 'owner', 'created', NULL, '{}')",
    ).catch(() => undefined);
    const all = async () => (await queryPostgres(owner, 'SELECT * FROM key_events ORDER BY id')).rows;
    const before = await all();
    expect(before.length).toBeGreaterThan(0);
    // A GRANT of what one may not grant is a warning, and does nothing.
    const refused = await queryPostgres(server, sql).catch((error: unknown) => error);
    if (!sql.startsWith('GRANT'))
      expect(refused).toMatchObject({ code: expect.stringMatching(/^(42501|0LP01)$/) });
    expect(await all()).toEqual(before);
    await expect(queryPostgres(server, 'DELETE FROM key_events')).rejects.toMatchObject({ code: '42501' });
    await queryPostgres(server, 'SELECT * FROM key_events LIMIT 1');
  });

  it('refuse the deletion of old events when the server starts, and say so', async () => {
    const start = startTestService({ address: server, retention: { eventsMs: DAY } });
    await expect(start).rejects.toMatchObject({
      code: 'database_refused',
      message: expect.stringContaining('may not delete events'),
    });
    // The owner of the tables may.
    const service = await startTestService({ address: owner, retention: { eventsMs: DAY } }).catch(
      (error: unknown) => error,
    );
    expect(service).not.toMatchObject({ code: 'database_refused' });
  });
});
