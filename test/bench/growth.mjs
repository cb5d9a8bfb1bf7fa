// The size of a SQLite database over years, with the clock passed in: npm run bench:growth -- [--days 730]
// [--creates 1000] [--retain 400]. Each day so many keys are created, acknowledged and revoked the next day;
// retention runs once a day. Ends with 1 where the file still grows after everything is as old as it is kept.
// Two years are about ten minutes of one core. With TMPDIR=/dev/shm nothing waits for the disk; what is
// written is the same.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { OWNER } from '../../dist/service/principal.js';
import { applyRetention } from '../../dist/service/retention.js';
import { createKeyRules } from '../../dist/service/rules.js';
import { KEY_SERVICE_MIGRATIONS } from '../../dist/service/store/migrations.js';
import { createSqlKeyStore } from '../../dist/service/store/sql-key-store.js';
import { openSqliteDatabase } from '../../dist/storage/sql/sqlite-database.js';

const DAY = 86_400_000;
/** At once, so that they share their commits. */
const AT_ONCE = 64;
/** Days between two lines of the table. */
const SHOWN_EVERY = 20;
const { values } = parseArgs({
  options: {
    days: { type: 'string', default: '730' },
    creates: { type: 'string', default: '1000' },
    retain: { type: 'string', default: '400' },
  },
});
const [days, creates, retain] = [values.days, values.creates, values.retain].map(Number);
const folder = mkdtempSync(join(tmpdir(), 'keys-growth-'));
const path = join(folder, 'keys.db');
let now = 1_700_000_000_000;
const clock = { now: () => now };
const database = await openSqliteDatabase(path, KEY_SERVICE_MIGRATIONS);
const store = createSqlKeyStore(database);
const service = createKeyRules(store, clock).as(OWNER);

async function inBatches(items, work) {
  for (let at = 0; at < items.length; at += AT_ONCE)
    await Promise.all(items.slice(at, at + AT_ONCE).map(work));
}

async function createOne() {
  const once = { idempotencyKey: randomBytes(32).toString('base64url') };
  const { key } = await service.create({ name: 'daily', metadata: { team: 'web' } }, once);
  await service.acknowledge(key.id, once);
  return key.id;
}

async function purge() {
  await store.dropSealedBefore(now - DAY);
  await applyRetention(store, clock, { endedMs: retain * DAY, eventsMs: retain * DAY });
  await store.eraseDropped();
}

const count = async (table) => Number((await database.all(`SELECT count(*) AS n FROM ${table}`))[0].n);
const sizes = [];
const began = Date.now();
let yesterday = [];
try {
  console.log(
    `${creates} creates a day, kept for ${retain} days\n  day    keys   events    MiB  bytes a key`,
  );
  for (let day = 1; day <= days; day++) {
    await inBatches(yesterday, (id) => service.revoke(id));
    yesterday = [];
    await inBatches(Array.from({ length: creates }), async () => void yesterday.push(await createOne()));
    now += DAY;
    await purge();
    sizes.push(statSync(path).size);
    if (day % SHOWN_EVERY !== 0 && day !== days) continue;
    const keys = await count('api_keys');
    const columns = [day, keys, await count('key_events'), (sizes.at(-1) / 2 ** 20).toFixed(1)];
    const each = (sizes.at(-1) / keys).toFixed(0);
    console.log([...columns, each].map((text, i) => String(text).padStart([5, 8, 9, 7, 12][i])).join(''));
  }
  const steady = sizes[retain + 20 - 1];
  console.log(`took ${Math.round((Date.now() - began) / 1000)} s`);
  if (steady === undefined) console.log('too short to tell: more days than are kept are needed');
  else {
    const part = (day) => `day ${day} ${(sizes[day - 1] / steady).toFixed(3)}`;
    const later = Array.from({ length: Math.floor((days - retain - 20) / 60) }, (_, i) =>
      part(retain + 20 + (i + 1) * 60),
    );
    console.log(`of the size at day ${retain + 20}: ${[...later, part(days)].join(', ')}`);
    if (sizes.at(-1) / steady > 1.02) process.exitCode = 1;
  }
} finally {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
}
