import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createCredentials } from '../../src/credentials/create-credentials.js';
import { createCredentialsFile } from '../../src/credentials/credentials-file.js';
import { BIN } from '../support/keys.js';
import { missing } from '../support/needs.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const FAKE = 'sk_live_obviously_fake_credential';
/** Runs the built keychain code, whose child is a file beside it. */
const DRIVER = `
import { createKeychain } from '${new URL('../../dist/credentials/keychain.js', import.meta.url)}';
const [libraries, ...requests] = JSON.parse(process.argv[1]);
const keychain = createKeychain({ env: process.env, ...(libraries ? { libraries } : {}) });
for (const request of requests) {
  const answer = await keychain.call({ service: 'keys-test', account: 'a', ...request }).catch((error) => ({ failed: error.code, hint: error.hint }));
  console.log(JSON.stringify(answer));
}
`;

type Answer = {
  ok?: true;
  library?: string;
  secret?: string;
  removed?: boolean;
  failed?: string;
  hint?: string;
};

async function keychain(
  env: Record<string, string>,
  libraries: string[] | null,
  ...requests: object[]
): Promise<Answer[]> {
  const { stdout } = await execa(
    process.execPath,
    ['--input-type=module', '-e', DRIVER, JSON.stringify([libraries, ...requests])],
    {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      extendEnv: false,
      timeout: 40_000,
    },
  );
  return stdout.split('\n').map((line) => JSON.parse(line));
}

describe.skipIf(missing('dbus-daemon', 'gnome-keyring-daemon'))('a real keychain (gnome-keyring)', () => {
  let env: Record<string, string>;
  let home: string;
  const pids: number[] = [];

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'keys-keyring-'));
    mkdirSync(join(home, 'run'), { mode: 0o700 });
    const base = { PATH: process.env['PATH'] ?? '', HOME: home, XDG_RUNTIME_DIR: join(home, 'run') };
    const bus = await execa('dbus-daemon', ['--session', '--fork', '--print-address=1', '--print-pid=1'], {
      env: base,
      extendEnv: false,
    });
    const [address = '', pid] = bus.stdout.split('\n');
    pids.push(Number(pid));
    env = { ...base, DBUS_SESSION_BUS_ADDRESS: address };
    const daemon = execa('gnome-keyring-daemon', ['--foreground', '--unlock', '--components=secrets'], {
      env,
      extendEnv: false,
      input: 'a password for the tests\n',
      reject: false,
    });
    if (daemon.pid) pids.push(daemon.pid);
    const ping = [
      '--session',
      '--print-reply',
      '--dest=org.freedesktop.secrets',
      '/org/freedesktop/secrets',
      'org.freedesktop.DBus.Peer.Ping',
    ];
    for (let tries = 0; tries < 100; tries++) {
      if ((await execa('dbus-send', ping, { env, extendEnv: false, reject: false })).exitCode === 0) return;
      await delay(100);
    }
    throw new Error('gnome-keyring did not start');
  });

  afterAll(() => {
    for (const pid of pids.reverse()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone already.
      }
    }
    rmSync(home, { recursive: true, force: true });
  });

  const keytarBuilt = async () => (await keychain(env, ['keytar'], { op: 'probe' }))[0]?.ok === true;

  it('stores, reads and removes, by each library', async () => {
    for (const library of ['@napi-rs/keyring', ...((await keytarBuilt()) ? ['keytar'] : [])]) {
      const answers = await keychain(
        env,
        [library],
        { op: 'store', secret: FAKE },
        { op: 'read' },
        { op: 'remove' },
        { op: 'read' },
        { op: 'remove' },
      );
      expect(answers).toEqual([
        { ok: true, library },
        { ok: true, library, secret: FAKE },
        { ok: true, library, removed: true },
        { ok: true, library },
        { ok: true, library, removed: false },
      ]);
    }
  });

  it('reads and removes what either library has stored', async () => {
    await keychain(env, ['@napi-rs/keyring'], { op: 'store', secret: FAKE });
    const [read, removed, after] = await keychain(
      env,
      null,
      { op: 'read' },
      { op: 'remove' },
      { op: 'read' },
    );
    expect(read).toMatchObject({ ok: true, secret: FAKE });
    expect(removed).toMatchObject({ removed: true });
    expect(after?.secret).toBeUndefined();
  });

  it('keeps the credential of the program from login to logout', async () => {
    const run = (args: string[], input = '', more: Record<string, string> = {}) =>
      execa(process.execPath, [BIN, ...args], {
        env: { ...env, ...more },
        extendEnv: false,
        input,
        reject: false,
        timeout: 20_000,
      });
    const server = execa(process.execPath, [BIN, 'serve', '--port', '0'], {
      env,
      extendEnv: false,
      reject: false,
    });
    onTestFinished(() => void server.kill('SIGKILL'));
    const url = await new Promise<string>((resolve) => {
      server.stderr.on('data', (chunk: Buffer) => {
        const found = /listening on (\S+)/.exec(String(chunk))?.[1];
        if (found) resolve(found);
      });
    });
    const managementKey = readFileSync(join(home, '.local/share/keys/management.key'), 'utf8');
    const login = await run(
      ['login', '--base-url', url, '--profile', 'ring', '--with-token', '--json'],
      managementKey,
    );
    expect(JSON.parse(login.stdout).stored_in).toMatch(/^keychain \((keytar|@napi-rs\/keyring)\)$/);
    expect(await run(['list', '--profile', 'ring', '--json'])).toMatchObject({ exitCode: 0 });
    expect(JSON.parse((await run(['status', '--profile', 'ring', '--json'])).stdout)).toMatchObject({
      credential: expect.stringMatching(/^keychain/),
      keychain: { usable: true },
    });
    // A keychain that is broken is not asked where the credential comes by environment.
    const broken = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' };
    expect(
      await run(['list', '--base-url', url], '', { ...broken, KEYS_API_KEY: managementKey.trim() }),
    ).toMatchObject({ exitCode: 0 });
    expect(await run(['list', '--profile', 'ring'], '', broken)).toMatchObject({ exitCode: 1 });
    expect((await run(['logout', '--profile', 'ring'])).exitCode).toBe(0);
    expect(await run(['list', '--profile', 'ring'])).toMatchObject({ exitCode: 4 });
  });
});

it('never falls to the kernel where there is no Secret Service', async () => {
  const [answer] = await keychain({ HOME: '/nowhere' }, ['@napi-rs/keyring'], { op: 'store', secret: FAKE });
  expect(answer).toMatchObject({ failed: 'keychain_unavailable' });
  for (const way of ['unlock or start a keychain', 'KEYS_API_KEY', '--insecure-storage'])
    expect(answer?.hint).toContain(way);
});

it('ends, with the right exit code, when a Secret Service never answers', async () => {
  // A bus that takes connections and says nothing: every library waits for it in native code.
  const folder = temporaryFolder();
  const socket = join(folder, 'bus');
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  onTestFinished(() => void server.close());
  const config = join(folder, '.config/keys');
  mkdirSync(config, { recursive: true });
  const profiles = { team: { base_url: 'http://127.0.0.1:9' } };
  writeFileSync(join(config, 'config.json'), JSON.stringify({ settings: {}, profiles }));
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${socket}`,
  };
  const result = await execa(process.execPath, [BIN, 'list', '--profile', 'team'], {
    env,
    extendEnv: false,
    reject: false,
    timeout: 15_000,
  });
  expect([result.timedOut, result.exitCode, result.signal]).toEqual([false, 1, undefined]);
  expect(result.stderr).toMatch(/the keychain (did not answer within 3 seconds|cannot be used)/);
});

it('keeps credentials in a private file only where that was asked for', async () => {
  const folder = temporaryFolder();
  const file = createCredentialsFile(folder, 'linux');
  const credentials = createCredentials({ call: async () => ({ ok: true, library: 'none' }) }, file);
  const credential = { secret: FAKE, origin: 'https://a.example' };
  expect(await credentials.store('a', credential, { insecureStorage: true })).toBe('file (insecure)');
  expect(statSync(file.path).mode & 0o777).toBe(0o600);
  expect(await credentials.read('a')).toEqual({ ...credential, source: 'file (insecure)' });
  expect(await credentials.remove('a')).toBe(true);
  expect(await credentials.read('a')).toBeNull();
  writeFileSync(file.path, `{"a": {"secret": "${FAKE}"`);
  await expect(credentials.read('a')).rejects.toMatchObject({
    code: 'settings_unreadable',
    message: expect.not.stringContaining(FAKE),
  });
});
