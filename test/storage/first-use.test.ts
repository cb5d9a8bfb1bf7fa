import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { LEDGER_MIGRATIONS } from '../../src/storage/ledger/migrations.js';
import { openSqliteDatabase } from '../../src/storage/sql/sqlite-database.js';
import { openSqlite } from '../../src/storage/sql/sqlite-driver.js';
import { BIN, keysProgram } from '../support/keys.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { underWay } from '../support/under-way.js';

const PROGRAMS = 4;
const ROUNDS = 40;

let children: ChildProcess[] = [];

beforeAll(async () => {
  const program = fileURLToPath(new URL('open-databases.mjs', import.meta.url));
  children = Array.from({ length: PROGRAMS }, () => fork(program, { execArgv: ['--no-warnings'] }));
  await Promise.all(children.map((child) => once(child, 'message')));
});

afterAll(() => {
  for (const child of children) child.disconnect();
});

it('lets several programs open the same new databases at once', async () => {
  const failures: unknown[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const folder = join(temporaryFolder(), 'data');
    const results = children.map((child) => once(child, 'message'));
    const at = Date.now() + 10;
    for (const child of children) child.send({ folder, at });
    for (const [failure] of await Promise.all(results)) if (failure !== null) failures.push(failure);
  }
  expect(failures).toEqual([]);
});

it.each([
  ['keys.db', KEY_SERVICE_MIGRATIONS],
  ['ledger.db', LEDGER_MIGRATIONS],
])('waits for a program that is setting up %s', async (name, migrations) => {
  const path = join(temporaryFolder(), name);
  const other = openSqlite(path, 0);
  other.exec('BEGIN IMMEDIATE');
  const opening = openSqliteDatabase(path, migrations);
  // The first attempt is made at once. Without the wait outside of SQLite, it would have failed by now.
  const state = await Promise.race([opening.then(() => 'open'), nextTurn('waiting')]).catch(() => 'failed');
  expect(state).toBe('waiting');
  other.exec('COMMIT');
  other.close();
  await (await opening).close();
});

it.skipIf(process.platform !== 'linux')(
  'lets `keys serve` start while another program sets up the database',
  async () => {
    const keys = await keysProgram();
    const folder = join(keys.home, '.local/share/keys');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, 'keys.db');
    const other = openSqlite(path, 0);
    other.exec('BEGIN IMMEDIATE');
    const server = spawn(process.execPath, [BIN, 'serve', '--port', '0'], { env: keys.env });
    let output = '';
    for (const stream of [server.stdout, server.stderr])
      stream.on('data', (chunk) => {
        output += chunk;
      });
    const ended = underWay(once(server, 'exit'));
    // Each attempt has it open for less than a millisecond: look without a pause.
    while (server.exitCode === null && !hasOpen(server.pid, path)) await nextTurn();
    // It has opened the file again and again: the lock is still held, and it waits.
    const reads = readCalls(server.pid);
    while (server.exitCode === null && readCalls(server.pid) < reads + 3) await sleep(20);
    other.exec('COMMIT');
    other.close();
    while (server.exitCode === null && !output.includes('http://')) await sleep(20);
    expect(output).toContain('http://');
    server.kill('SIGTERM');
    await ended;
    await keys.remove();
  },
  60_000,
);

/** How often a process has read from a file, as Linux counts it. */
function readCalls(pid: number | undefined): number {
  return Number(/syscr: (\d+)/.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);
}

/** Whether a process has a file open, as Linux shows it. */
function hasOpen(pid: number | undefined, path: string): boolean {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).some((name) => {
    try {
      return readlinkSync(join(folder, name)) === path;
    } catch {
      return false;
    }
  });
}
