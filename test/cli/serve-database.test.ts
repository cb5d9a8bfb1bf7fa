import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BIN, type KeysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { testPostgres } from '../support/postgres.js';

const { own } = await testPostgres();

async function program(): Promise<KeysProgram> {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  return keys;
}

/** `keys serve` until the test ends, or `stop`. */
async function serve(keys: KeysProgram, args: readonly string[], env: Record<string, string>) {
  const child = execa(process.execPath, [BIN, 'serve', '--port', '0', ...args], {
    env: { ...keys.env, ...env },
    extendEnv: false,
    reject: false,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk;
      const found = /listening on (\S+)/.exec(text)?.[1];
      if (found) resolve(found);
    });
    child.on('exit', () => reject(new Error(text)));
  });
  const stop = async () => {
    child.kill('SIGTERM');
    return (await child).exitCode;
  };
  return { url, stop, log: () => text };
}

describe.skipIf(own === null)('keys serve on PostgreSQL', () => {
  const postgres = own as NonNullable<typeof own>;

  /** The address without its password, and the password. */
  async function fresh() {
    const url = new URL(await postgres.freshAddress());
    const { password } = url;
    url.password = '';
    return { address: url.href, password };
  }

  it('makes its management key, serves, and shuts down in order', async () => {
    const [keys, { address, password }] = [await program(), await fresh()];
    const { url, stop, log } = await serve(keys, ['--database', address], { PGPASSWORD: password });
    const data = join(keys.home, '.local/share/keys');
    const managementKey = readFileSync(join(data, 'management.key'), 'utf8').trim();
    expect(existsSync(join(data, 'keys.db'))).toBe(false);
    const env = { KEYS_BASE_URL: url, KEYS_API_KEY: managementKey };
    const made = await keys.run(['create', '--name', 'ci', '--raw'], { env });
    expect(made.code).toBe(0);
    expect((await keys.run(['verify'], { env, stdin: made.stdout })).code).toBe(0);
    await postgres.stop();
    const gone = await fetch(`${url}/readyz`);
    expect(gone.status).toBe(503);
    await postgres.start();
    expect((await keys.run(['list', '--json'], { env })).code).toBe(0);
    expect(await stop()).toBe(0);
    expect(log()).not.toContain(password);
    expect(log()).not.toContain(managementKey);
  });

  it('recovers a management key beside a running server', async () => {
    const [keys, address] = [await program(), await postgres.freshAddress()];
    const { url } = await serve(keys, [], { KEYS_DATABASE_URL: address });
    const path = join(keys.home, '.local/share/keys/management.key');
    const call = (route: string, method = 'GET') =>
      fetch(url + route, {
        method,
        headers: { authorization: `Bearer ${readFileSync(path, 'utf8').trim()}` },
      });
    const { data } = (await (await call('/v1/whoami')).json()) as { data: { id: string } };
    expect((await call(`/v1/api-keys/${data.id}`, 'DELETE')).status).toBe(409);
    expect((await call(`/v1/api-keys/${data.id}?force=true`, 'DELETE')).status).toBe(200);
    expect((await call('/v1/api-keys')).status).toBe(401);
    const env = { KEYS_DATABASE_URL: address };
    const recovered = await keys.run(['serve', 'recover', '--json'], { env });
    expect(JSON.parse(recovered.stdout)).toEqual({ path, created: true });
    expect((await call('/v1/api-keys')).status).toBe(200);
  });

  it('takes the address from the environment, password and all', async () => {
    const [keys, address] = [await program(), await postgres.freshAddress()];
    const first = await serve(keys, [], { KEYS_DATABASE_URL: address });
    // A second one on the same database finds the key that the first has made.
    const second = await serve(keys, ['--data-dir', join(keys.home, 'other')], {
      KEYS_DATABASE_URL: address,
    });
    expect(existsSync(join(keys.home, 'other'))).toBe(false);
    expect([await first.stop(), await second.stop()]).toEqual([0, 0]);
  });

  it('makes its tables ahead, and once is enough', async () => {
    const [keys, { address, password }] = [await program(), await fresh()];
    const env = { PGPASSWORD: password };
    for (const args of [
      ['serve', 'migrate', '--database', address, '--json'],
      ['serve', '--database', address, 'migrate', '--json'],
    ]) {
      const done = await keys.run(args, { env });
      expect([done.code, JSON.parse(done.stdout)]).toEqual([0, { schema: expect.any(Number) }]);
    }
  });

  it('takes what a service on SQLite has printed, and its keys go on working', async () => {
    const [keys, { address, password }] = [await program(), await fresh()];
    const secret = (await keys.run(['create', '--name', 'moved', '--raw'])).stdout.trim();
    const printed = await keys.run(['serve', 'export']);
    expect(printed.code).toBe(0);
    expect(printed.stdout).not.toContain(secret);
    const target = { env: { PGPASSWORD: password }, stdin: printed.stdout };
    const into = ['serve', 'import', '--database', address];
    const taken = await keys.run([...into, '--json'], target);
    expect(JSON.parse(taken.stdout)).toEqual({ added: 1, already_there: 0 });
    expect((await keys.run(into, target)).stdout).toBe('added\t0\nalready there\t1\n');
    const again = await keys.run(['serve', 'export', '--database', address], { env: target.env });
    // What came is there as it was; the import is one event more.
    const [, ...moved] = printed.stdout.trimEnd().split('\n');
    expect(again.stdout.split('\n').slice(1, -2)).toEqual(moved);
    expect(again.stdout.split('\n').at(-2)).toContain('"action":"imported"');
    const { url } = await serve(keys, ['--database', address], target.env);
    const response = await fetch(`${url}/v1/whoami`, { headers: { authorization: `Bearer ${secret}` } });
    expect(response.status).toBe(200);
    const cut = await keys.run(into, { ...target, stdin: printed.stdout.split('\n')[0] ?? '' });
    expect(cut).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('cut off') });
  });

  it('says who was refused, and what is not there', async () => {
    const [keys, { address }] = [await program(), await fresh()];
    const wrong = await keys.run(['serve', '--database', address], { env: { PGPASSWORD: 'wrong' } });
    expect(wrong).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('the database refuses the connection'),
    });
    const none = await keys.run(['serve', '--database', address]);
    expect(none).toMatchObject({ code: 4, stderr: expect.stringContaining('PGPASSFILE') });
    const nobody = await keys.run(['serve', '--database', 'postgres://me@127.0.0.1:1/keys']);
    expect(nobody).toMatchObject({ code: 5, stderr: expect.stringContaining('ECONNREFUSED') });
  });
});

it.each([
  ['in its usual place', 'postgres://me:hunter2@127.0.0.1/keys'],
  ['among the parameters', 'postgres://me@127.0.0.1/keys?password=hunter2'],
])('takes no password in argv, %s', async (_, address) => {
  const keys = await program();
  for (const args of [['serve'], ['serve', 'migrate'], ['serve', 'export'], ['serve', 'import']]) {
    const refused = await keys.run([...args, '--database', address]);
    expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('PGPASSFILE') });
    expect(refused.stderr).not.toContain('hunter2');
  }
});

it('takes no address of another kind, and does not repeat it', async () => {
  const keys = await program();
  for (const address of ['mysql://me:hunter2@h/d', 'keys.db', 'postgres://me:hunter2@[/x']) {
    const refused = await keys.run(['serve'], { env: { KEYS_DATABASE_URL: address } });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('not the address') });
    expect(refused.stderr).not.toContain('hunter2');
  }
});

it('takes nothing that is not an export', async () => {
  const keys = await program();
  const refused = await keys.run(['serve', 'import'], { stdin: 'id,name\n1,x\n' });
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('line 1: not JSON') });
  expect((await keys.run(['serve', 'import'])).code).toBe(2);
});
