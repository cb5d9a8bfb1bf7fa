// Creates a second over HTTP on SQLite, by how many ask at once, beside what the disk allows: npm run
// bench:create
import { randomBytes } from 'node:crypto';
import { fsyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../dist/library/library.js';
import { serveKeys } from '../../dist/service/http/serve-keys.js';

const SECONDS = 3;
const folder = mkdtempSync(join(tmpdir(), 'keys-bench-'));

function syncsPerSecond() {
  const file = openSync(join(folder, 'synced'), 'w');
  const page = Buffer.alloc(4096);
  const end = Date.now() + SECONDS * 1000;
  let count = 0;
  for (; Date.now() < end; count++) {
    writeSync(file, page);
    fsyncSync(file);
  }
  return Math.round(count / SECONDS);
}

async function createsPerSecond(service, atOnce) {
  const end = Date.now() + SECONDS * 1000;
  let count = 0;
  const ask = async () => {
    for (; Date.now() < end; count++) {
      await service.create({ name: 'bench' }, { idempotencyKey: randomBytes(32).toString('base64url') });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, ask));
  return Math.round(count / SECONDS);
}

console.log(`fsync of 4 KiB              ${syncsPerSecond()} a second`);
const running = await serveKeys({
  host: '127.0.0.1',
  port: 0,
  dataDir: join(folder, 'data'),
  clock: { now: Date.now },
  version: '0.0.0',
  log: () => undefined,
});
const credential = readFileSync(running.managementKeyPath, 'utf8').trim();
const service = await connect({ baseUrl: running.url, credential });
for (const atOnce of [1, 8, 32]) {
  console.log(
    `create, ${String(atOnce).padStart(2)} at once         ${await createsPerSecond(service, atOnce)} a second`,
  );
}
await service.close();
await running.close();
rmSync(folder, { recursive: true, force: true });
