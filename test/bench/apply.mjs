// Keys as code: 40 keys at four vendors with rate limits, three places each. Requests and time of plan and apply, beside the time
// that the limits alone take. `npm run bench:apply`; KEYS_BENCH_KEYS: more keys.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BIN, openWorld } from './world.mjs';

const KEYS = Number(process.env.KEYS_BENCH_KEYS ?? 40);
/** Requests a second of each vendor. */
const LIMITS = [5, 10, 20, 50];
const PLACES = ['a.env', 'b.env', 'c.env'];
const ADMIN = 'adm_fake_for_the_bench';
const CLOCK = fileURLToPath(new URL('../walks/shifted-clock.cjs', import.meta.url));
const DAY_MS = 86_400_000;

/** How far the vendors and the program are ahead of this machine. */
let aheadMs = 0;

/** A vendor that takes `perSecond` requests a second, and refuses more with 429. */
async function vendor(perSecond) {
  const keys = [];
  const counts = { requests: 0, refused: 0 };
  let tokens = perSecond;
  let filledAt = Date.now();
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    counts.requests++;
    const now = Date.now();
    tokens = Math.min(perSecond, tokens + ((now - filledAt) * perSecond) / 1000);
    filledAt = now;
    const send = (status, value, headers = {}) =>
      response
        .writeHead(status, {
          'content-type': 'application/json',
          date: new Date(now + aheadMs).toUTCString(),
          ...headers,
        })
        .end(value === undefined ? undefined : JSON.stringify(value));
    if (tokens < 1) {
      counts.refused++;
      return send(429, { error: 'slow down' }, { 'retry-after': '1' });
    }
    tokens--;
    const given = request.headers.authorization?.replace('Bearer ', '');
    if (request.url === '/me')
      return keys.some(({ secret }) => secret === given) ? send(200, {}) : send(401, {});
    if (given !== ADMIN) return send(401, {});
    if (request.method === 'POST') {
      const { name } = JSON.parse(Buffer.concat(chunks).toString());
      const created = new Date(now + aheadMs).toISOString();
      const key = { id: `k${randomBytes(8).toString('hex')}`, name, created };
      const secret = `bnc_${randomBytes(24).toString('hex')}`;
      keys.push({ ...key, secret });
      return send(201, { ...key, secret });
    }
    if (request.method === 'GET') return send(200, { keys: keys.map(({ secret: _, ...key }) => key) });
    const at = keys.findIndex(({ id }) => request.url === `/keys/${id}`);
    if (at === -1) return send(404, {});
    keys.splice(at, 1);
    return send(204);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, perSecond, keys, counts, server };
}

const PROVIDER = `import { bearer, provider, text, time } from 'keys';
export default provider({
  id: 'bench', title: 'Bench', documentation: 'https://bench.example/docs', baseUrl: null,
  variable: 'BENCH_API_KEY', prefixes: ['bnc_'], auth: bearer, check: 'GET /me',
  keys: {
    path: '/keys', secret: 'secret', list: { in: 'keys' }, get: false, create: {},
    fields: { name: text('name'), created_at: time('created') },
  },
});
`;

/** Secrets are sealed in the ledger until they are delivered: there is no keychain. */
const LEDGER_KEY = randomBytes(32).toString('hex');
const world = openWorld();
const vendors = await Promise.all(LIMITS.map(vendor));
const credentials = Object.fromEntries(
  vendors.flatMap(({ url }, i) => [
    [`KEYS_API_KEY_V${i}`, ADMIN],
    [`KEYS_BASE_URL_V${i}`, url],
  ]),
);

/** One run of the program, and what it cost. Returns its exit code. Throws for one that is not expected. */
async function run(title, args, ...expected) {
  const before = vendors.map(({ counts }) => ({ ...counts }));
  const env = {
    ...world.env,
    ...credentials,
    KEYS_LEDGER_KEY: LEDGER_KEY,
    KEYS_WALK_CLOCK_MS: String(aheadMs),
  };
  const started = performance.now();
  const child = spawn(process.execPath, ['--require', CLOCK, BIN, ...args], { cwd: world.home, env });
  const [printed] = await Promise.all([child.stderr.toArray(), child.stdout.toArray(), once(child, 'close')]);
  const seconds = (performance.now() - started) / 1000;
  if (!expected.includes(child.exitCode)) {
    const lines = Buffer.concat(printed).toString().split('\n');
    const telling = lines.filter((line) => !/: done(;|$)/.test(line)).slice(0, 8);
    throw new Error(`${title}: exit ${child.exitCode}: ${telling.join('\n')}`);
  }
  const of = (member) => vendors.map(({ counts }, i) => counts[member] - before[i][member]);
  const [requests, refused] = [of('requests'), of('refused')];
  // A bucket is full at the start: so many requests wait for nothing.
  const bound = Math.max(
    ...vendors.map(({ perSecond }, i) => (requests[i] - refused[i] - perSecond) / perSecond),
    0,
  );
  const sum = (list) => list.reduce((all, one) => all + one, 0);
  const ratio = bound > 0.5 ? `  ${(seconds / bound).toFixed(2)} of what the limits take` : '';
  console.log(
    `${title.padEnd(26)} ${seconds.toFixed(2).padStart(6)} s  ${String(sum(requests)).padStart(4)} requests, ${sum(refused)} refused${ratio}`,
  );
  return child.exitCode;
}

/** Runs apply until nothing is left: a create that a vendor refuses with 429 is left to the next run. */
async function apply(title) {
  for (let runs = 1; (await run(title, ['apply', '--yes'], 0, 9)) !== 0; runs++) {
    if (runs === 10) throw new Error(`${title}: not finished after ${runs} runs`);
  }
}

try {
  writeFileSync(join(world.home, 'bench.mjs'), PROVIDER, { mode: 0o600 });
  const accounts = vendors.map(({ url }, i) => `  v${i}: { provider: bench, base_url: "${url}" }`);
  const keys = Array.from({ length: KEYS }, (_, i) => {
    const to = PLACES.map((place) => `${place}#KEY_${i}`).join(', ');
    return `  - { name: key ${i}, account: v${i % vendors.length}, to: ["${to.replaceAll(', ', '", "')}"] }`;
  });
  writeFileSync(
    join(world.home, 'keys.yaml'),
    [
      'version: 1',
      'defaults: { rotate: 30d, grace: 1h }',
      'accounts:',
      ...accounts,
      'keys:',
      ...keys,
      '',
    ].join('\n'),
  );
  console.log(
    `Node ${process.version}; ${KEYS} keys, ${vendors.length} vendors with ${LIMITS.join(', ')} requests a second, ${PLACES.length} places each`,
  );
  await run('provider add', ['provider', 'add', './bench.mjs'], 0);
  await run('plan, nothing exists', ['plan'], 10);
  await apply('apply, creates all');
  await run('plan, nothing to do', ['plan'], 0);
  await run('apply, nothing to do', ['apply', '--yes'], 0);
  aheadMs = 31 * DAY_MS;
  await run('plan, all are due', ['plan'], 10);
  // Old keys work until their grace is over.
  await apply('apply, rolls all');
  aheadMs += 2 * 3_600_000;
  await apply('apply, revokes old keys');
  const left = vendors.reduce((all, one) => all + one.keys.length, 0);
  if (left !== KEYS) throw new Error(`${left} keys are left, not ${KEYS}`);
} finally {
  for (const { server } of vendors) server.close();
  world.close();
}
