// Keys as code: keys at ten vendors with rate limits from 1 to 50 requests a second, three places each. One
// vendor is down at first, one place fails, an apply is killed ten times on its way, and two run at once.
// Requests, time, processor, memory and connections of plan and apply, beside the time that the limits alone
// take. `npm run bench:apply -- --keys 1000`; without it 40 keys at four vendors, without the faults.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BIN, openWorld } from './world.mjs';

const { values } = parseArgs({ options: { keys: { type: 'string' } } });
const KEYS = Number(values.keys ?? 40);
const AT_SCALE = values.keys !== undefined;
/** Requests a second of each vendor. */
const LIMITS = AT_SCALE ? [1, 2, 5, 10, 15, 20, 25, 30, 40, 50] : [5, 10, 20, 50];
const PLACES = ['a.env', 'b.env', 'c.env'];
const KILLS = AT_SCALE ? 10 : 0;
const ADMIN = 'adm_fake_for_the_bench';
const CLOCK = fileURLToPath(new URL('../walks/shifted-clock.cjs', import.meta.url));
const PEAK = fileURLToPath(new URL('./peak-memory.cjs', import.meta.url));
const OVER_TIME = fileURLToPath(new URL('./over-time.cjs', import.meta.url));
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Between two runs, in milliseconds: a request that was killed may arrive for a minute. */
const PAUSE_MS = 15_000;

/** How far the vendors and the program are ahead of this machine. */
let aheadMs = 0;
/** All that the program has printed. */
let printedText = '';

/** A vendor that takes `perSecond` requests a second, and refuses more with 429. */
async function vendor(perSecond) {
  const keys = [];
  const counts = { requests: 0, refused: 0, created: 0 };
  const state = { down: false, connections: 0, peak: 0 };
  let tokens = perSecond;
  let filledAt = Date.now();
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    if (state.down) return request.socket.destroy();
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
      counts.created++;
      return send(201, { ...key, secret });
    }
    if (request.method === 'GET') return send(200, { keys: keys.map(({ secret: _, ...key }) => key) });
    const at = keys.findIndex(({ id }) => request.url === `/keys/${id}`);
    if (at === -1) return send(404, {});
    keys.splice(at, 1);
    return send(204);
  });
  server.on('connection', (socket) => {
    state.peak = Math.max(state.peak, ++state.connections);
    socket.on('close', () => state.connections--);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, perSecond, keys, counts, state, server };
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

/** A bucket is full at the start: so many requests wait for nothing. Returns seconds. */
const boundOf = (requests) =>
  Math.max(...vendors.map(({ perSecond }, i) => (requests[i] - perSecond) / perSecond), 0);
const sum = (list) => list.reduce((all, one) => all + one, 0);
const served = () => vendors.map(({ counts }) => counts.requests - counts.refused);

/** Starts the program. `spawned` gets the child. */
async function start(args, spawned = () => undefined) {
  const env = {
    ...world.env,
    ...credentials,
    KEYS_LEDGER_KEY: LEDGER_KEY,
    KEYS_WALK_CLOCK_MS: String(aheadMs),
  };
  const loaded = [CLOCK, OVER_TIME, PEAK].flatMap((path) => ['--require', path]);
  const child = spawn(process.execPath, [...loaded, BIN, ...args], { cwd: world.home, env });
  spawned(child);
  const [printed] = await Promise.all([child.stderr.toArray(), child.stdout.toArray(), once(child, 'close')]);
  const text = Buffer.concat(printed).toString();
  printedText += text;
  const [, kib = '0'] = /peak (\d+)\n$/.exec(text) ?? [];
  const [, flat = null] = /\nmemory ([\d.]+)\n/.exec(text) ?? [];
  const [, processor = '?'] = /\nprocessor ([\d.]+)\n/.exec(text) ?? [];
  // Null: it was killed.
  return { code: child.exitCode, text, mib: Math.round(Number(kib) / 1024), flat, processor };
}

/** Throws for an exit code that is not expected, with what the program said. */
function requireExpected(title, { code, text }, expected) {
  if (expected.includes(code)) return;
  const telling = text.split('\n').filter((line) => !/: done(;|$)/.test(line));
  throw new Error(`${title}: exit ${code}: ${telling.slice(0, 8).join('\n')}`);
}

/** One run of the program, and what it cost. Returns its exit code. Throws for one that is not expected. */
async function run(title, args, ...expected) {
  const [code] = await runAll(title, [args], ...expected);
  return code;
}

/** Runs of the program at once, and what they cost together. Returns their exit codes. */
async function runAll(title, calls, ...expected) {
  const before = vendors.map(({ counts }) => ({ ...counts }));
  for (const { state } of vendors) state.peak = state.connections;
  const started = performance.now();
  const runs = await Promise.all(calls.map((args) => start(args)));
  const seconds = (performance.now() - started) / 1000;
  for (const one of runs) requireExpected(title, one, expected);
  const of = (member) => vendors.map(({ counts }, i) => counts[member] - before[i][member]);
  const [requests, refused] = [of('requests'), of('refused')];
  const bound = boundOf(requests.map((all, i) => all - refused[i]));
  const flat = runs.flatMap((one) => one.flat ?? []);
  const peak = vendors.map(({ state }) => state.peak);
  console.log(
    [
      `${title.padEnd(28)} ${seconds.toFixed(2).padStart(7)} s  ${String(sum(requests)).padStart(5)} requests`,
      `${String(sum(refused)).padStart(3)} refused`,
      `${runs.map(({ processor }) => processor).join(' and ')} s of processor`,
      `${runs.map(({ mib }) => mib).join(' and ')} MiB`,
      ...(flat.length === 0 ? [] : [`the last quarter ${flat.join(' and ')} of the second`]),
      `${Math.max(...peak)} connections a vendor, ${sum(peak)} in all`,
      ...(bound > 0.5
        ? [`${(seconds / bound).toFixed(2)} of the ${bound.toFixed(1)} s that the limits take`]
        : []),
    ].join(', '),
  );
  return runs.map(({ code }) => code);
}

/** Runs apply until nothing is left but what a person must decide. */
async function apply(title) {
  for (let runs = 1; (await run(title, ['apply', '--yes'], 0, 9)) !== 0; runs++) {
    if (runs === 10) throw new Error(`${title}: not finished after ${runs} runs`);
    await sleep(PAUSE_MS);
    if (runs > 4) revokeReported();
  }
}

/**
 * A vendor without idempotency does not say whether a key is that of a response that was lost: apply reports
 * it and touches nothing. A person who has looked revokes it there; then apply creates the key again.
 */
function revokeReported() {
  const held = readFileSync(join(world.home, PLACES[0]), 'utf8');
  const reported = new Set(
    Array.from(printedText.matchAll(/may be of this operation: (\w+)/g), ([, id]) => id),
  );
  let revoked = 0;
  for (const { keys } of vendors) {
    const kept = keys.filter(({ id, secret }) => !reported.has(id) || held.includes(secret));
    revoked += keys.length - kept.length;
    keys.splice(0, keys.length, ...kept);
  }
  console.log(`by hand: ${revoked} keys that apply had reported`);
}

/**
 * Applies, and kills it again and again: first soon after another, when every vendor is at work, and last
 * where only the slowest one is. Then to the end. All of it beside what the limits take.
 */
async function applyKilled(title, kills) {
  const before = served();
  const started = performance.now();
  // A roll is a create and a try.
  const whole = (2 * KEYS) / vendors.length;
  let killed = 0;
  for (let i = 1; i <= kills; i++) {
    const until = before[0] + 0.9 * whole * (i / kills) ** 2;
    const { code } = await start(['apply', '--yes'], (child) => {
      const timer = setInterval(() => served()[0] >= until && child.kill('SIGKILL'), 50);
      child.on('close', () => clearInterval(timer));
    });
    if (code === null) killed++;
  }
  await apply(`${title}, the last`);
  const seconds = (performance.now() - started) / 1000;
  const bound = boundOf(served().map((all, i) => all - before[i]));
  console.log(
    `${title.padEnd(28)} ${seconds.toFixed(2).padStart(7)} s, killed ${killed} times, ${(seconds / bound).toFixed(2)} of the ${bound.toFixed(1)} s that the limits take`,
  );
  if (killed < kills) throw new Error(`${title}: killed ${killed} times only`);
}

/** Two programs apply the same file at once: each key is rolled once, by one of them. */
async function applyTwice(title) {
  const before = sum(vendors.map(({ counts }) => counts.created));
  const codes = await runAll(
    title,
    [
      ['apply', '--yes'],
      ['apply', '--yes'],
    ],
    0,
    9,
  );
  if (codes.some((code) => code !== 0)) await apply(`${title}, the last`);
  const created = sum(vendors.map(({ counts }) => counts.created)) - before;
  if (created !== KEYS) throw new Error(`${title}: ${created} keys were created, not ${KEYS}`);
}

/** Throws unless each key is at each of its places once, and the vendors have no other. */
function requireComplete() {
  const secrets = new Set(vendors.flatMap(({ keys }) => keys.map(({ secret }) => secret)));
  if (secrets.size !== KEYS) throw new Error(`the vendors have ${secrets.size} keys, not ${KEYS}`);
  for (const place of PLACES) {
    const held = new Set(readFileSync(join(world.home, place), 'utf8').match(/bnc_[0-9a-f]+/g));
    if (held.size !== KEYS || [...held].some((secret) => !secrets.has(secret)))
      throw new Error(`${place} has ${held.size} keys, or one that no vendor has`);
  }
}

function writeKeysFile() {
  const accounts = vendors.map(({ url }, i) => `  v${i}: { provider: bench, base_url: "${url}" }`);
  const keys = Array.from({ length: KEYS }, (_, i) => {
    const to = PLACES.map((place) => `"${place}#KEY_${i}"`);
    // The command of one place fails while the file is there.
    if (AT_SCALE && i === 1) to.push('"exec:test ! -e broken && cat > last"');
    return `  - { name: key ${i}, account: v${i % vendors.length}, to: [${to}] }`;
  });
  const head = [
    'version: 1',
    'defaults: { rotate: 30d, grace: 1h }',
    'accounts:',
    ...accounts,
    'keys:',
    ...keys,
  ];
  writeFileSync(join(world.home, 'keys.yaml'), `${head.join('\n')}\n`);
}

try {
  writeFileSync(join(world.home, 'bench.mjs'), PROVIDER, { mode: 0o600 });
  writeKeysFile();
  console.log(
    `Node ${process.version}; ${KEYS} keys, ${vendors.length} vendors with ${LIMITS.join(', ')} requests a second, ${PLACES.length} places each`,
  );
  await run('provider add', ['provider', 'add', './bench.mjs'], 0);
  await run('plan, nothing exists', ['plan'], 10);
  const last = vendors.at(-1);
  if (AT_SCALE) {
    last.state.down = true;
    writeFileSync(join(world.home, 'broken'), '');
    await run('apply, one vendor is down', ['apply', '--yes'], 5);
    if (existsSync(join(world.home, 'last'))) throw new Error('a place that fails got a secret');
    const made = vendors.map(({ keys }) => keys.length);
    if (made.some((count, i) => count !== (i === vendors.length - 1 ? 0 : KEYS / vendors.length)))
      throw new Error(`a vendor that is down stopped others: ${made}`);
    last.state.down = false;
    rmSync(join(world.home, 'broken'));
  }
  await apply('apply, creates all');
  requireComplete();
  await run('plan, nothing to do', ['plan'], 0);
  await run('apply, nothing to do', ['apply', '--yes'], 0);
  aheadMs = 31 * DAY_MS;
  await run('plan, all are due', ['plan'], 10);
  // Old keys work until their grace is over.
  if (AT_SCALE) await applyKilled('apply, rolls all', KILLS);
  else await apply('apply, rolls all');
  aheadMs += 2 * HOUR_MS;
  await apply('apply, revokes old keys');
  requireComplete();
  aheadMs += 31 * DAY_MS;
  await applyTwice('apply, two at once');
  aheadMs += 2 * HOUR_MS;
  await apply('apply, revokes old keys');
  requireComplete();
  await run('plan, nothing to do', ['plan'], 0);
} finally {
  for (const { server } of vendors) server.close();
  world.close();
}
