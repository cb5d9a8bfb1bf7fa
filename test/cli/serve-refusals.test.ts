import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import { BIN, keysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** What `keys serve` says until it listens, or ends; then it is stopped. */
async function start(env: Readonly<Record<string, string>>, args: readonly string[]): Promise<string> {
  const server = execa(process.execPath, [BIN, 'serve', '--port', '0', '--log', 'off', ...args], {
    ...{ env, extendEnv: false, reject: false },
  });
  onTestFinished(() => void server.kill('SIGKILL'));
  let said = '';
  server.stderr.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  await expect.poll(() => said, { timeout: 60_000 }).toMatch(/listening on|error/);
  server.kill('SIGTERM');
  await server;
  return said;
}

it('a start says that no management key works, and the command that it names helps', async () => {
  const keys = await keysProgram();
  onTestFinished(() => keys.remove());
  const dataDir = join(keys.home, 'data');
  const place = ['--data-dir', dataDir];
  expect(await start(keys.env, place)).not.toContain('no management key works');
  const server = execa(process.execPath, [BIN, 'serve', '--port', '0', '--log', 'off', ...place], {
    ...{ env: keys.env, extendEnv: false, reject: false },
  });
  onTestFinished(() => void server.kill('SIGKILL'));
  let said = '';
  server.stderr.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  await expect.poll(() => said, { timeout: 60_000 }).toContain('listening on');
  const url = /listening on (\S+)/.exec(said)?.[1] ?? '';
  const { stdout: key } = await execa('cat', [join(dataDir, 'management.key')]);
  const headers = { authorization: `Bearer ${key.trim()}` };
  const whoami = (await (await fetch(`${url}/v1/whoami`, { headers })).json()) as { data: { id: string } };
  const revoked = await fetch(`${url}/v1/api-keys/${whoami.data.id}?force=true`, {
    ...{ method: 'DELETE', headers },
  });
  expect(revoked.status).toBe(200);
  server.kill('SIGTERM');
  await server;
  expect(await start(keys.env, place)).toMatch(
    /warning: no management key works: each one is revoked, expired or paused\n.*keys serve recover/,
  );
  expect(await keys.run(['serve', 'recover', ...place])).toMatchObject({ code: 0 });
  expect(await start(keys.env, place)).not.toContain('no management key works');
});

const POSTGRES = { KEYS_DATABASE_URL: 'postgres://keys@127.0.0.1:1/keys' };
it.each([
  [['--listen', 'unix:a.sock', '--port', '0'], {}, '--listen excludes --port', 'has no port'],
  [
    [],
    { KEYS_SERVE_LISTEN: 'unix:a.sock', KEYS_SERVE_PORT: '0' },
    '--listen (KEYS_SERVE_LISTEN) excludes --port (KEYS_SERVE_PORT)',
    '',
  ],
  [
    ['--listen', 'unix:a.sock'],
    { KEYS_SERVE_HOST: '0.0.0.0' },
    '--listen excludes --host (KEYS_SERVE_HOST)',
    '',
  ],
  [['--no-console', '--console-host', 'a.example'], {}, '--no-console excludes --console-host', ''],
  [
    ['--database-connections', '5'],
    {},
    '--database-connections is for PostgreSQL, and none is named',
    'KEYS_DATABASE_URL',
  ],
  [
    [],
    { KEYS_SERVE_DATABASE_CONNECT_TIMEOUT: '3s' },
    '--database-connect-timeout (KEYS_SERVE_DATABASE_CONNECT_TIMEOUT) is for PostgreSQL',
    '',
  ],
  [['--listen', 'unix:nowhere/a.sock'], {}, 'there is no folder ', 'nowhere'],
  [['--listen', `unix:${'a'.repeat(200)}`], {}, 'bytes is too long', 'take one of 103 bytes at most'],
  [['--listen', 'unix:data'], {}, 'a file is there', 'move it away'],
  [['--host', '192.0.2.1', '--port', '0'], {}, 'not an address of this machine', 'another address'],
  [
    ['--prefix', 'live=acme_live_', 'live=b_'],
    {},
    'two prefixes of the keys live: acme_live_ and b_',
    'live=',
  ],
  [['--prefix', 'acme_', 'b_'], {}, 'two prefixes of the same keys: acme_ and b_', 'live='],
  [[], { KEYS_SERVE_PROT: '1' }, 'no such setting: KEYS_SERVE_PROT', 'did you mean KEYS_SERVE_PORT?'],
  [[], { KEYS_SERVE_COLOUR: '1' }, 'no such setting: KEYS_SERVE_COLOUR', 'one of KEYS_SERVE_CONFIG'],
] as const)('serve %j with %j is refused: %s', async (args, env, message, hint) => {
  const keys = await keysInProcess();
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, 'data'));
  const { code, stderr } = await keys.run(['serve', ...args], { cwd, env });
  expect([code, stderr]).toEqual([expect.any(Number), expect.stringContaining(message)]);
  expect(stderr).toContain(hint);
  expect(code).not.toBe(0);
});

it('says which setting of the file was probably meant', async () => {
  const keys = await keysInProcess();
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'serve.yaml'), 'retain-endet: 400d\n');
  const { stderr } = await keys.run(['serve', '--config', 'serve.yaml'], { cwd });
  expect(stderr).toMatch(/no such setting: retain-endet\n.*did you mean retain-ended\?/);
});

it('options that belong together are no contradiction: the database is tried', async () => {
  const keys = await keysInProcess();
  const args = ['serve', '--database-connections', '5', '--listen', 'unix:a.sock', '--host', '127.0.0.1'];
  const { stderr } = await keys.run([...args, '--metrics-port', '0'], {
    env: POSTGRES,
    cwd: temporaryFolder(),
  });
  expect(stderr).toContain('the database cannot be reached');
});

it('the commands on the database find it as serve does: by a variable, or in the file of settings', async () => {
  const keys = await keysInProcess();
  const cwd = temporaryFolder();
  const env = { KEYS_SERVE_DATA_DIR: 'here' };
  expect(await keys.run(['serve', 'migrate'], { cwd, env })).toMatchObject({ code: 0 });
  writeFileSync(join(cwd, 'serve.yaml'), 'data-dir: here\nport: 1\n');
  for (const [args, more] of [
    [[], env],
    [['--config', 'serve.yaml'], {}],
    [[], { KEYS_SERVE_CONFIG: 'serve.yaml' }],
    [['--data-dir', 'here'], { KEYS_SERVE_DATA_DIR: 'nowhere' }],
  ] as const) {
    const done = await keys.run(['serve', ...args, 'export'], { cwd, env: more });
    expect([args, done.code, done.stderr]).toEqual([args, 0, '']);
    expect(JSON.parse(done.stdout.split('\n')[0] ?? '')).toMatchObject({ keys: 0 });
  }
  const behind = ['serve', 'export', '--data-dir', 'here'];
  expect(await keys.run(behind, { cwd, env: { KEYS_SERVE_DATA_DIR: 'nowhere' } })).toMatchObject({ code: 0 });
  const nowhere = await keys.run(['serve', 'recover'], { cwd, env: { KEYS_SERVE_DATA_DIR: 'nowhere' } });
  expect([nowhere.code, nowhere.stderr]).toEqual([2, expect.stringContaining('there is no database in ')]);
  expect((await keys.run(['serve', 'backup', 'x'], { cwd, env: { KEYS_SERVE_PROT: '1' } })).stderr).toContain(
    'no such setting: KEYS_SERVE_PROT',
  );
});
