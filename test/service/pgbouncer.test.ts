import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { idempotent, secretOf } from '../contract/key-service.js';
import { freePort } from '../support/free-port.js';
import { startTestService } from '../support/key-service-server.js';
import { missing } from '../support/needs.js';
import { queryPostgres, testPostgres } from '../support/postgres.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { testClient } from '../support/test-client.js';

const { own } = await testPostgres();

/** The settings that `keys-service(7)` names. */
const SETTINGS =
  'pool_mode = transaction\nignore_startup_parameters = statement_timeout,lock_timeout,idle_in_transaction_session_timeout';

/** A PgBouncer in front of a new database; its address. */
async function startPgBouncer(address: string): Promise<string> {
  await queryPostgres(address, 'CREATE DATABASE behind_pgbouncer');
  const { hostname, port, password } = new URL(address);
  const [folder, front] = [temporaryFolder(), await freePort()];
  const users = join(folder, 'users.txt');
  writeFileSync(users, `"postgres" "${password}"\n`);
  const file = join(folder, 'pgbouncer.ini');
  writeFileSync(
    file,
    `[databases]\n* = host=${hostname} port=${port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${front}\nunix_socket_dir =\nauth_type = scram-sha-256\nauth_file = ${users}\ndefault_pool_size = 3\n${SETTINGS}\n`,
  );
  // It does not run as root.
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  if (user.uid !== undefined) for (const path of [folder, users, file]) chownSync(path, user.uid, user.gid);
  chmodSync(folder, 0o711);
  const running = spawn('pgbouncer', [file], { ...user, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(() => void running.kill('SIGKILL'));
  await listening(running);
  return `postgres://postgres:${password}@127.0.0.1:${front}/behind_pgbouncer`;
}

function listening(running: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    running.once('error', reject);
    running.once('exit', () => reject(new Error(log)));
    running.stderr?.on('data', (chunk: Buffer) => {
      log += chunk;
      if (log.includes('process up')) resolve();
    });
  });
}

it.skipIf(missing('pgbouncer') || own === null)(
  'two servers share a database behind PgBouncer in transaction mode',
  async () => {
    const address = await startPgBouncer(own?.address ?? '');
    const first = await startTestService({ address });
    const second = await startTestService({ address, beside: first });
    const [one, other] = [first, second].map(({ url }) => testClient(url, first.managementKey).service) as [
      ReturnType<typeof testClient>['service'],
      ReturnType<typeof testClient>['service'],
    ];
    const authorize = async (url: string, key: string) =>
      (await fetch(`${url}/v1/authorize`, { headers: { authorization: `Bearer ${key}` } })).status;
    // More at once than there are connections: each transaction may get another one.
    const created = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? one : other).create({ name: `k${i}` }, idempotent())),
    );
    const rolled = await one.roll(created[0]?.key.id ?? '', { grace_seconds: 0 }, idempotent());
    await other.revoke(created[1]?.key.id ?? '');
    const statuses = await Promise.all(
      created.map((key, i) => authorize(i % 2 ? second.url : first.url, secretOf(key))),
    );
    expect(statuses).toEqual(created.map((_, i) => (i < 2 ? 401 : 204)));
    expect(await authorize(second.url, secretOf(rolled))).toBe(204);
    expect((await one.events?.({}))?.events.length).toBeGreaterThan(20);
  },
  120_000,
);
