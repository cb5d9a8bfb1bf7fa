// `keys audit --json` beside `keys list --json` over the same keys of the embedded service: time and most
// memory. `node test/bench/audit.mjs [most keys]`: twice, the second time over ten times as many.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { openEmbeddedService } from '../../dist/service/embedded.js';
import { KEY_SERVICE_MIGRATIONS } from '../../dist/service/store/migrations.js';
import { openSqliteDatabase } from '../../dist/storage/sql/sqlite-database.js';

const most = Math.max(1_000, Number(process.argv[2] ?? 100_000));
const bin = fileURLToPath(new URL('../../bin/keys.js', import.meta.url));
const DAY = 86_400_000;
const now = Date.now();

/**
 * Runs the program to its end; what it prints is counted and dropped. Its own figure for memory comes on a
 * fourth pipe.
 */
async function measure(args, env) {
  const tell = `data:text/javascript,import { writeSync } from 'node:fs'; process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS)))`;
  const start = performance.now();
  const child = spawn(process.execPath, ['--import', tell, '--', bin, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  });
  let bytes = 0;
  let told = '';
  child.stdout.on('data', (chunk) => {
    bytes += chunk.length;
  });
  child.stdio[3].on('data', (chunk) => {
    told += chunk;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`keys ${args.join(' ')}: exit ${code}`);
  return {
    seconds: (performance.now() - start) / 1000,
    mebibytes: Number(told) / 1024,
    megabytes: bytes / 1e6,
  };
}

/**
 * As many keys as asked for, most of them with something wrong; put into the database itself, for the rules
 * would take minutes.
 */
async function fill(dataDir, count) {
  await (await openEmbeddedService(dataDir, { now: () => now })).close();
  const database = await openSqliteDatabase(join(dataDir, 'keys.db'), KEY_SERVICE_MIGRATIONS);
  await database.transaction(async (session) => {
    for (let i = 0; i < count; i++) {
      const test = i % 5 === 0;
      const row = {
        id: `key_${i}`,
        digest: createHash('sha256').update(String(i)).digest('hex'),
        name: `integration ${i % (count - 10)}`,
        type: 'secret',
        environment: test ? 'test' : 'live',
        prefix: test ? 'sk_test_' : 'sk_live_',
        hint: 'abcd',
        scopes: i % 50 === 0 ? '["*"]' : '[]',
        restrictions: '{}',
        metadata: '{}',
        created_at: now - (i % 400) * DAY,
        last_used: i % 3 === 0 ? null : now - (i % 90) * DAY,
        expires_at: i % 2 === 0 ? null : now + (i % 60) * DAY,
      };
      const names = Object.keys(row);
      await session.run(
        `INSERT INTO api_keys (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
        Object.values(row),
      );
    }
  });
  await database.close();
}

for (const count of [most / 10, most]) {
  const home = mkdtempSync(join(tmpdir(), 'keys-bench-'));
  const env = { PATH: process.env.PATH, HOME: home };
  try {
    await fill(join(home, '.local', 'share', 'keys'), count);
    const html = join(home, 'audit.html');
    for (const args of [
      ['list', '--json', '--all'],
      ['audit', '--json'],
      ['audit', '--json', '--ledger'],
      ['audit', '--sarif'],
      ['audit', '--json', '--html', html],
    ]) {
      const { seconds, mebibytes, megabytes } = await measure(args, env);
      const name = `keys ${args.join(' ').replace(home, '…')}`;
      console.log(
        `${String(count).padStart(7)} keys  ${name.padEnd(40)} ${seconds.toFixed(2).padStart(6)} s  ${mebibytes.toFixed(0).padStart(4)} MiB at most  ${megabytes.toFixed(1).padStart(6)} MB printed`,
      );
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
