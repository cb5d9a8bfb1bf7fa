// `GET /v1/authorize` on SQLite and on PostgreSQL beside the floor, interleaved in one run on loopback, with
// more and more keys stored. KEYS_BENCH_KEYS=1000,100000, KEYS_BENCH_SECONDS=2, KEYS_BENCH_ROUNDS=1 and
// KEYS_BENCH_WITHOUT=postgres make it shorter; DATABASE_URL names a PostgreSQL, KEYS_BENCH_PROFILE a folder
// for CPU profiles.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { generateSecret } from '../../dist/domain/secret-format.js';
import { openKeyDatabase } from '../../dist/service/open-key-database.js';
import { INSERT_INTO, ROW, toParams } from '../../dist/service/store/sql-key-store.js';
import { startPostgres } from './postgres.mjs';

const SIZES = (process.env.KEYS_BENCH_KEYS ?? '1000,100000,1000000').split(',').map(Number);
const SECONDS = Number(process.env.KEYS_BENCH_SECONDS ?? 5);
const ROUNDS = Number(process.env.KEYS_BENCH_ROUNDS ?? 3);
const CONNECTIONS = 50;
/** Keys that requests come with, among those that are stored. */
const USED = 1_000;
const BATCH = 500;

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'keys-bench-'));
const secrets = Array.from({ length: USED }, () => generateSecret('sk_live_'));
const digestOf = (text) => createHash('sha256').update(text).digest('hex');

function row(n) {
  const secret = secrets[n] ?? `key ${n}`;
  const digest = digestOf(secret);
  const none = {
    service: null,
    owner: null,
    last_used: null,
    expires_at: null,
    revoked_at: null,
    paused_at: null,
  };
  const alone = { rolled_from: null, rolled_to: null, sealed_secret_key: null };
  const what = {
    type: 'secret',
    environment: 'live',
    scopes: [],
    restrictions: {},
    limits: {},
    metadata: {},
  };
  const shown = { prefix: 'sk_live_', hint: secret.slice(-4), created_at: 1_800_000_000_000 + n };
  return { id: `key_${digest.slice(0, 20)}`, digest, name: `key ${n}`, ...what, ...shown, ...none, ...alone };
}

async function fill(place, from, to) {
  const database = await openKeyDatabase(place);
  for (let start = from; start < to; start += 50 * BATCH) {
    await database.transaction(async (session) => {
      for (let at = start; at < Math.min(to, start + 50 * BATCH); at += BATCH) {
        const rows = Array.from({ length: Math.min(BATCH, to - at) }, (_, i) => row(at + i));
        await session.run(INSERT_INTO + rows.map(() => ROW).join(', '), rows.flatMap(toParams));
      }
    });
  }
  await database.close();
}

/**
 * Started with its stderr in a file, as a service's is; its address, and the most memory that it has had,
 * MiB.
 */
async function start(name, args, env = {}) {
  const log = join(folder, `${name}.log`);
  const profile = process.env.KEYS_BENCH_PROFILE;
  const profiled = profile ? ['--cpu-prof', '--cpu-prof-dir', join(profile, name)] : [];
  const child = spawn(process.execPath, [...profiled, '--', ...args], {
    env: { PATH: process.env.PATH, HOME: folder, ...env },
    stdio: ['ignore', 'ignore', openSync(log, 'w')],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  for (let waited = 0; waited < 30_000; waited += 50) {
    const url = /listening on (\S+)/.exec(readFileSync(log, 'utf8'))?.[1];
    if (url) {
      const peak = () =>
        Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024;
      const stop = async () => {
        child.kill('SIGTERM');
        await delay(100);
        if (name === 'floor') child.kill('SIGKILL');
        await ended;
      };
      return { url, log, pid: child.pid, peak: process.platform === 'linux' ? peak : () => Number.NaN, stop };
    }
    if (child.exitCode !== null) break;
    await delay(50);
  }
  throw new Error(`${name} did not start: ${readFileSync(log, 'utf8')}`);
}

/** User and system time of a process so far, µs: steadier than a rate on a machine that others use too. */
function cpuTime(pid) {
  if (process.platform !== 'linux') return Number.NaN;
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) * 10_000;
}

async function measure({ url, pid, log }, seconds) {
  const before = cpuTime(pid);
  const requests = secrets.map((secret) => ({
    path: '/v1/authorize',
    headers: { authorization: `Bearer ${secret}` },
  }));
  const result = await autocannon({ url, connections: CONNECTIONS, duration: seconds, requests });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(
      `${url}: ${result.non2xx} refused, ${result.errors} failed: ${readFileSync(log, 'utf8').slice(-1_000)}`,
    );
  const { average } = result.requests;
  const cpu = (cpuTime(pid) - before) / result.requests.total;
  return { rate: average, p50: result.latency.p50, p99: result.latency.p99, cpu };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const postgres = process.env.KEYS_BENCH_WITHOUT ? null : await startPostgres();
const sqlitePlace = { dataDir: folder };
const postgresPlace = postgres && {
  dataDir: folder,
  database: { address: postgres.address, env: {}, patient: true },
};
try {
  console.log(
    `Node ${process.version}, ${CONNECTIONS} connections, medians of ${ROUNDS} rounds of ${SECONDS} s`,
  );
  console.log(
    `${'keys'.padStart(9)}  ${'server'.padEnd(12)}   req/s  of floor  CPU µs  of floor  p50 ms  p99 ms  peak MiB`,
  );
  let stored = 0;
  for (const size of SIZES) {
    await fill(sqlitePlace, stored, size);
    if (postgresPlace) await fill(postgresPlace, stored, size);
    stored = size;
    const bin = path('../../bin/keys.js');
    const serve = ['serve', '--port', '0', '--data-dir', folder];
    const servers = {
      floor: await start('floor', [path('floor.mjs'), join(folder, 'keys.db')]),
      SQLite: await start('SQLite', [bin, ...serve]),
      ...(postgres && {
        PostgreSQL: await start('PostgreSQL', [bin, ...serve], { KEYS_DATABASE_URL: postgres.address }),
      }),
    };
    const rounds = Object.fromEntries(Object.keys(servers).map((name) => [name, []]));
    for (const server of Object.values(servers)) await measure(server, 1);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, server] of Object.entries(servers)) rounds[name].push(await measure(server, SECONDS));
    }
    for (const [name, results] of Object.entries(rounds)) {
      const of = (what) => median(results.map((result) => result[what]));
      const beside = (what) =>
        median(results.map((result, i) => result[what] / rounds.floor[i][what])).toFixed(2);
      const columns = [
        [String(size), 9],
        [`  ${name.padEnd(12)}`, 14],
        [of('rate').toFixed(0), 8],
        [beside('rate'), 10],
        [of('cpu').toFixed(1), 8],
        [beside('cpu'), 10],
        [of('p50'), 8],
        [of('p99'), 8],
        [servers[name].peak().toFixed(0), 10],
      ];
      console.log(columns.map(([text, width]) => String(text).padStart(width)).join(''));
    }
    for (const { stop } of Object.values(servers)) await stop();
  }
} finally {
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
}
