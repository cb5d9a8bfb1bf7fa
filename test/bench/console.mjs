// The console's page of 100 keys beside the JSON endpoint, over 100,000 keys on SQLite, one request at a time
// in turns. npm run bench:console; KEYS_BENCH_KEYS=1000 and KEYS_BENCH_ROUNDS=20 make it shorter.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openKeyDatabase } from '../../dist/service/open-key-database.js';
import { INSERT_INTO, ROW, toParams } from '../../dist/service/store/sql-key-store.js';
import { quantile } from './measure.mjs';

const KEYS = Number(process.env.KEYS_BENCH_KEYS ?? 100_000);
const ROUNDS = Number(process.env.KEYS_BENCH_ROUNDS ?? 200);
const BATCH = 500;
const folder = mkdtempSync(join(tmpdir(), 'keys-bench-'));

function row(n) {
  const digest = createHash('sha256').update(`key ${n}`).digest('hex');
  const none = {
    service: null,
    last_used: null,
    expires_at: null,
    revoked_at: null,
    paused_at: null,
    owner: null,
  };
  const alone = { rolled_from: null, rolled_to: null, sealed_secret_key: null };
  const what = { type: 'secret', environment: 'live', restrictions: {}, metadata: {}, limits: {} };
  const shown = { prefix: 'sk_live_', hint: digest.slice(-4), created_at: 1_700_000_000_000 + n * 1000 };
  const scopes = ['orders:read', 'orders:write'];
  return {
    id: `key_${digest.slice(0, 20)}`,
    digest,
    name: `key ${n}`,
    scopes,
    ...what,
    ...shown,
    ...none,
    ...alone,
  };
}

async function fill() {
  const database = await openKeyDatabase({ dataDir: folder });
  await database.transaction(async (session) => {
    for (let at = 0; at < KEYS; at += BATCH) {
      const rows = Array.from({ length: Math.min(BATCH, KEYS - at) }, (_, i) => row(at + i));
      await session.run(INSERT_INTO + rows.map(() => ROW).join(', '), rows.flatMap(toParams));
    }
  });
  await database.close();
}

await fill();
const bin = fileURLToPath(new URL('../../bin/keys.js', import.meta.url));
const server = spawn(
  process.execPath,
  ['--', bin, 'serve', '--port', '0', '--log', 'off', '--data-dir', folder],
  { env: { PATH: process.env.PATH, HOME: folder } },
);
try {
  const url = await new Promise((resolve) => {
    let said = '';
    server.stderr.on('data', (chunk) => {
      said += chunk;
      const found = /listening on (\S+)/.exec(said)?.[1];
      if (found) resolve(found);
    });
  });
  const key = readFileSync(join(folder, 'management.key'), 'utf8').trim();
  const signedIn = await fetch(`${url}/console/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: url },
    body: new URLSearchParams({ key }),
  });
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
  const requests = {
    JSON: () => fetch(`${url}/v1/api-keys?limit=100`, { headers: { authorization: `Bearer ${key}` } }),
    console: () => fetch(`${url}/console/keys?limit=100`, { headers: { cookie } }),
  };
  const times = { JSON: [], console: [] };
  const bytes = {};
  for (let round = -20; round < ROUNDS; round++) {
    for (const [name, request] of Object.entries(requests)) {
      const start = performance.now();
      const response = await request();
      const body = await response.text();
      if (response.status !== 200) throw new Error(`${name}: status ${response.status}`);
      bytes[name] = Buffer.byteLength(body);
      if (round >= 0) times[name].push(performance.now() - start);
    }
  }
  console.log(`Node ${process.version}, ${KEYS} keys, a page of 100, ${ROUNDS} rounds`);
  for (const [name, each] of Object.entries(times)) {
    const [p50, p99] = [0.5, 0.99].map((q) => quantile(each, q).toFixed(1));
    console.log(`${name.padEnd(8)} p50 ${p50} ms  p99 ${p99} ms  ${bytes[name]} bytes`);
  }
} finally {
  server.kill('SIGTERM');
  await new Promise((resolve) => server.once('exit', resolve));
  rmSync(folder, { recursive: true, force: true });
}
