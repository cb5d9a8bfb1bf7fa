// A key service under load while its servers are restarted and killed and its database goes away, with
// retention running: npm run soak -- [--minutes 15] [--graph soak.svg]. Two servers over PostgreSQL (the
// tests' own), one over SQLite. Ends with 1 where a key is lost or unknown, a revoked key passed, an active
// one was refused, old keys stayed, or memory grew.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generateSecret } from '../../dist/domain/secret-format.js';
import { openKeyDatabase } from '../../dist/service/open-key-database.js';
import { OWNER } from '../../dist/service/principal.js';
import { createKeyRules } from '../../dist/service/rules.js';
import { createSqlKeyStore } from '../../dist/service/store/sql-key-store.js';
import { freePort, startPostgres } from '../bench/postgres.mjs';
import { chart, page } from './chart.mjs';
import { ask, createLoad } from './load.mjs';

const DAY = 86_400_000;
/** Keys that ended before the run began, long enough ago to be deleted. */
const OLD_KEYS = 1_000;
const SAMPLE_MS = 2_000;
const AWAY_MS = 4_000;
/** Five minutes: before that, a server is still warming up. */
const FEWEST_SAMPLES = 150;
const { values: flags } = parseArgs({
  options: { minutes: { type: 'string', default: '15' }, graph: { type: 'string', default: 'soak.svg' } },
});
const lastsMs = Number(flags.minutes) * 60_000;
const bin = fileURLToPath(new URL('../../bin/keys.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'keys-soak-'));
const managementKey = generateSecret('sk_live_');
const running = new Set();

/** A server on a port of its own, which keeps it over restarts. */
async function createServer(name, dataDir, env) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child;
  let ended;
  async function start() {
    const log = openSync(join(folder, `${name}.log`), 'a');
    const args = [
      'serve',
      '--port',
      String(port),
      '--data-dir',
      dataDir,
      '--log',
      'off',
      '--retain-ended',
      '400d',
      '--retain-events',
      '400d',
    ];
    child = spawn(process.execPath, ['--', bin, ...args], {
      env: { PATH: process.env.PATH, HOME: folder, KEYS_MANAGEMENT_KEY: managementKey, ...env },
      stdio: ['ignore', 'ignore', log],
    });
    closeSync(log);
    const own = child;
    running.add(own);
    ended = new Promise((resolve) => own.once('exit', () => resolve(running.delete(own))));
  }
  /** False where it ended by itself. */
  async function isReady(waitMs) {
    for (const end = Date.now() + waitMs; Date.now() < end; await delay(100))
      if ((await ask(`${url}/readyz`, 'GET')).status === 200) return true;
    return false;
  }
  await start();
  if (!(await isReady(60_000)))
    throw new Error(`${name}: ${readFileSync(join(folder, `${name}.log`), 'utf8')}`);
  return {
    name,
    url,
    async end(signal) {
      child.kill(signal);
      await ended;
    },
    start,
    isReady,
    /** MiB; 0 while it does not run. */
    memory() {
      try {
        return (
          Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
        );
      } catch {
        return 0;
      }
    },
  };
}

/** Keys that were revoked 500 days ago, as a service has them that has run for years. */
async function addOldKeys(place) {
  const database = await openKeyDatabase(place);
  const clock = { now: () => Date.now() - 500 * DAY };
  const rules = createKeyRules(createSqlKeyStore(database), clock).as(OWNER);
  for (let n = 0; n < OLD_KEYS; n += 50) {
    const once = () => ({ idempotencyKey: randomBytes(32).toString('base64url') });
    const made = await Promise.all(Array.from({ length: 50 }, () => rules.create({ name: 'old' }, once())));
    await Promise.all(made.map(({ key }) => rules.revoke(key.id)));
  }
  await database.close();
}

async function oldKeysLeft(place) {
  const database = await openKeyDatabase(place);
  const [{ n }] = await database.all("SELECT count(*) AS n FROM api_keys WHERE name = 'old'");
  await database.close();
  return Number(n);
}

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;

/** The end of a server's longest life beside its middle: what it holds once it is warm must not grow. */
function growth(memory) {
  const lives = [];
  for (const value of memory) {
    if (value === 0 || lives.length === 0) lives.push([]);
    if (value > 0) lives.at(-1).push(value);
  }
  const longest = lives.toSorted((a, b) => b.length - a.length)[0] ?? [];
  const quarter = (n) =>
    longest.slice(Math.floor((longest.length * n) / 4), Math.floor((longest.length * (n + 1)) / 4));
  return {
    ratio: median(quarter(3)) / Math.max(1, median(quarter(1))),
    most: Math.max(0, ...memory),
    samples: longest.length,
  };
}

const postgres = await startPostgres();
try {
  const places = {
    SQLite: { dataDir: join(folder, 'sqlite') },
    ...(postgres && {
      PostgreSQL: {
        dataDir: join(folder, 'postgres'),
        database: { address: postgres.address, env: {}, patient: true },
      },
    }),
  };
  for (const place of Object.values(places)) await addOldKeys(place);
  const env = postgres ? { KEYS_DATABASE_URL: postgres.address } : {};
  const servers = {
    SQLite: [await createServer('sqlite', places.SQLite.dataDir, {})],
    ...(postgres && {
      PostgreSQL: [
        await createServer('postgres-a', places.PostgreSQL.dataDir, env),
        await createServer('postgres-b', places.PostgreSQL.dataDir, env),
      ],
    }),
  };
  const all = Object.values(servers).flat();
  const began = Date.now();
  const isOver = () => Date.now() - began > lastsMs;
  const loads = Object.fromEntries(
    Object.entries(servers).map(([name, list]) => [
      name,
      createLoad({ name, addresses: list.map(({ url }) => url), managementKey, isOver }),
    ]),
  );
  const samples = Object.fromEntries(all.map(({ name }) => [name, []]));
  const rates = Object.fromEntries(Object.keys(loads).map((name) => [name, []]));
  const marks = [];
  const mark = (text) => marks.push({ at: samples[all[0].name].length, text });
  const restart = async (server, signal) => {
    mark(`${server.name}: ${signal}`);
    await server.end(signal);
    await server.start();
    if (!(await server.isReady(120_000))) throw new Error(`${server.name} did not start again`);
  };
  // The first server of each store is left alone after the first third, so that its memory can be judged.
  const [sqlite, first, second] = all;
  const early = [
    () => restart(sqlite, 'SIGKILL'),
    ...(postgres ? [() => restart(first, 'SIGTERM'), () => restart(second, 'SIGKILL')] : []),
    () => restart(sqlite, 'SIGTERM'),
  ];
  const late = postgres ? [() => restart(second, 'SIGKILL'), () => restart(second, 'SIGTERM')] : [];
  const goAway = async () => {
    mark('PostgreSQL goes away');
    await postgres.goAway(AWAY_MS);
  };
  async function disturb() {
    const pause = Math.max(5_000, lastsMs / 30);
    for (let turn = 0; !isOver(); turn++) {
      await delay(pause);
      if (isOver()) return;
      const list = [
        ...(Date.now() - began < lastsMs / 3 ? early : late),
        ...(postgres?.goAway ? [goAway] : []),
      ];
      await list[turn % list.length]?.();
    }
  }
  async function sample() {
    const before = {};
    while (!isOver()) {
      await delay(SAMPLE_MS);
      for (const server of all) samples[server.name].push(server.memory());
      for (const [name, { counts }] of Object.entries(loads)) {
        rates[name].push(((counts.requests - (before[name] ?? 0)) * 1_000) / SAMPLE_MS);
        before[name] = counts.requests;
      }
    }
  }
  await Promise.all([...Object.values(loads).map(({ run }) => run()), disturb(), sample()]);
  for (const server of all)
    if (!(await server.isReady(120_000))) throw new Error(`${server.name} is not ready`);
  const failures = [];
  for (const [name, load] of Object.entries(loads)) {
    const { lost, unknown } = await load.check();
    const { requests, unavailable, created, rolled, revoked, wrongGrants, wrongRefusals, strange } =
      load.counts;
    const rows = {
      requests,
      'no response or 5xx': unavailable,
      created,
      rolled,
      revoked,
      lost,
      unknown,
      'wrong grants': wrongGrants,
      'wrong refusals': wrongRefusals,
      strange: strange.length,
    };
    for (const [what, count] of Object.entries(rows))
      console.log(`${name.padEnd(12)}${what.padEnd(20)}${String(count).padStart(9)}`);
    if (strange.length > 0) console.log([...new Set(strange)].slice(0, 10).join('; '));
    if (lost + unknown + wrongGrants + wrongRefusals + strange.length > 0) failures.push(name);
  }
  for (const { name } of all) {
    const { ratio, most, samples: length } = growth(samples[name]);
    console.log(
      `${name.padEnd(12)}memory: ${most.toFixed(0)} MiB at most, ${ratio.toFixed(2)} of its middle at the end (${length} samples)`,
    );
    if (length < FEWEST_SAMPLES) console.log(`${name.padEnd(12)}memory: too short to tell whether it grows`);
    else if (ratio > 1.25) failures.push(`${name}'s memory`);
  }
  for (const server of all) await server.end('SIGTERM');
  for (const [name, place] of Object.entries(places)) {
    const left = await oldKeysLeft(place);
    console.log(`${name.padEnd(12)}${'old keys left'.padEnd(20)}${String(left).padStart(9)} of ${OLD_KEYS}`);
    if (left > 0) failures.push(`${name}'s retention`);
  }
  const seconds = lastsMs / 1_000;
  const series = (lists) => Object.entries(lists).map(([name, values]) => ({ name, values }));
  writeFileSync(
    flags.graph,
    page([
      chart('requests a second', series(rates), marks, seconds),
      chart('memory, MiB', series(samples), marks, seconds),
    ]),
  );
  console.log(`${marks.length} disturbances; the graph is in ${flags.graph}`);
  console.log(failures.length === 0 ? 'held' : `did not hold: ${failures.join(', ')}`);
  if (failures.length > 0) process.exitCode = 1;
} finally {
  for (const child of running) child.kill('SIGKILL');
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
}
