// `GET /v1/authorize` alone and beside 500 creates a second, in turns on one server over SQLite; at the end
// the medians, since a machine has slow moments. KEYS_BENCH_SECONDS and KEYS_BENCH_ROUNDS change its length;
// KEYS_BENCH_CONNECTIONS the load; KEYS_BENCH_ROOT names another built checkout to compare with.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';

const SECONDS = Number(process.env.KEYS_BENCH_SECONDS ?? 2);
const ROUNDS = Number(process.env.KEYS_BENCH_ROUNDS ?? 9);
/** As many as `authorize.mjs` has: fewer leave the server waiting for the load, and measure that. */
const CONNECTIONS = Number(process.env.KEYS_BENCH_CONNECTIONS ?? 50);
const CREATES = 500;
const root = process.env.KEYS_BENCH_ROOT ?? fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'keys-bench-'));

const child = spawn(
  process.execPath,
  ['--', join(root, 'bin/keys.js'), 'serve', '--port', '0', '--data-dir', folder],
  {
    env: { PATH: process.env.PATH, HOME: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  },
);
const ended = new Promise((resolve) => child.once('exit', resolve));
const url = await new Promise((resolve) => {
  let text = '';
  child.stderr.on('data', (chunk) => {
    text = `${text}${chunk}`.slice(-5_000);
    const found = /listening on (\S+)/.exec(text)?.[1];
    if (found) resolve(found);
  });
});
const authorization = `Bearer ${readFileSync(join(folder, 'management.key'), 'utf8').trim()}`;

const authorize = () =>
  autocannon({
    url: `${url}/v1/authorize`,
    connections: CONNECTIONS,
    duration: SECONDS,
    headers: { authorization },
  });
const creates = () =>
  autocannon({
    url: `${url}/v1/api-keys`,
    method: 'POST',
    connections: 20,
    overallRate: CREATES,
    duration: SECONDS + 1,
    headers: { authorization, 'content-type': 'application/json' },
    body: '{"name":"bench"}',
  });
const told = ({ requests, latency }) =>
  `${String(Math.round(requests.average)).padStart(6)}/s, p50 ${latency.p50} ms, p99 ${latency.p99} ms`;

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

await authorize();
const [rates, slower] = [[], []];
for (let round = 0; round < ROUNDS; round++) {
  const alone = await authorize();
  const writing = creates();
  await delay(500);
  const beside = await authorize();
  const created = await writing;
  const rate = beside.requests.average / alone.requests.average;
  rates.push(rate);
  // Milliseconds are whole numbers: below one, the next is taken.
  slower.push(Math.max(1, beside.latency.p99) / Math.max(1, alone.latency.p99));
  console.log(
    `alone ${told(alone)} | beside ${told(beside)} | rate ${rate.toFixed(2)} | ${Math.round(created.requests.average)} creates/s`,
  );
}
console.log(
  `median of ${ROUNDS}: rate ${median(rates).toFixed(2)} (aim 0.8), p99 ${median(slower).toFixed(1)} times (aim 5)`,
);
child.kill('SIGTERM');
await ended;
rmSync(folder, { recursive: true, force: true });
