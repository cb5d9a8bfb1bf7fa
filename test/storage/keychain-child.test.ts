import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { KeysError } from '../../src/domain/errors.js';
import { createCredentials } from '../../src/storage/keychain/create-credentials.js';
import { createCredentialsFile } from '../../src/storage/keychain/credentials-file.js';
import {
  createKeychain,
  type KeychainLibrary,
  type KeychainRequest,
} from '../../src/storage/keychain/keychain.js';
import { isoSeconds, settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import {
  keyringSession,
  LIBRARIES,
  LOADABLE,
  MISSING_PROGRAMS,
  processesOn,
  silentBus,
} from './keyring-session.js';

const program = new URL('../../dist/keychain/keychain-child.cjs', import.meta.url);
const KEYS = fileURLToPath(new URL('../../bin/keys.js', import.meta.url));
const SECRET = 'sk_live_fake_for_a_test';
const item = { service: 'keys-cli', account: 'team' } as const;
type Env = Readonly<Record<string, string>>;

const keychain = (env: Env, libraries?: readonly KeychainLibrary[], timeoutMs = 10_000) =>
  createKeychain({ env, program, timeoutMs, ...(libraries ? { libraries } : {}) });

describe.skipIf(MISSING_PROGRAMS.length > 0)('a real gnome-keyring', () => {
  describe.each(LIBRARIES)('through %s alone', (library) => {
    const tried = test.skipIf(!LOADABLE.includes(library));
    tried('stores, reads, replaces and removes', async () => {
      const { env } = await keyringSession('unlocked');
      const chain = keychain(env, [library]);
      expect(await chain.call({ ...item, op: 'read' })).toEqual({ ok: true, library });
      await chain.call({ ...item, op: 'store', secret: 'older' });
      await chain.call({ ...item, op: 'store', secret: SECRET });
      expect(await chain.call({ ...item, op: 'read' })).toEqual({ ok: true, library, secret: SECRET });
      expect(await chain.call({ ...item, account: 'other', op: 'read' })).toEqual({ ok: true, library });
      expect(await chain.call({ ...item, op: 'remove' })).toEqual({ ok: true, library, removed: true });
      expect(await chain.call({ ...item, op: 'read' })).toEqual({ ok: true, library });
      expect(await chain.call({ ...item, op: 'remove' })).toEqual({ ok: true, library, removed: false });
    });

    tried('no Secret Service on the bus: an error that names the three ways', async () => {
      const { env } = await keyringSession('none');
      for (const op of ['read', 'probe', 'remove'] as const) {
        await expect(keychain(env, [library]).call({ ...item, op })).rejects.toMatchObject({
          code: 'keychain_unavailable',
          // keytar says it in words of its own.
          message: expect.stringMatching(library === 'keytar' ? /./ : 'no Secret Service, such as'),
          hint: expect.stringMatching(/unlock or start.*KEYS_API_KEY/),
        });
      }
      const store = keychain(env, [library]).call({ ...item, op: 'store', secret: SECRET });
      await expect(store).rejects.toMatchObject({ code: 'keychain_unavailable' });
    });

    tried('locked, with nobody to unlock it: an error for each call, and what is kept stays', async () => {
      const session = await keyringSession('unlocked');
      const chain = keychain(session.env, [library]);
      await chain.call({ ...item, op: 'store', secret: SECRET });
      await session.lock();
      for (const op of ['read', 'remove', 'store'] as const) {
        const call = chain.call({ ...item, op, secret: 'newer' } as KeychainRequest);
        await expect(call, op).rejects.toMatchObject({
          code: 'keychain_unavailable',
          hint: expect.stringContaining('unlock'),
        });
      }
    });

    tried('a service that never responds: time runs out and no process stays', async () => {
      const session = await keyringSession('unlocked');
      session.freeze();
      const read = keychain(session.env, [library], 700).call({ ...item, op: 'read' });
      await expect(read).rejects.toMatchObject({ code: 'keychain_timeout' });
      const longer = keychain(session.env, [library], 4_000).call({ ...item, op: 'read' });
      await expect(longer).rejects.toThrow('did not respond');
      await vi.waitFor(() => expect(processesOn(session.env)).toEqual([]), 60_000);
    });
  });

  test.skipIf(LOADABLE.length < 2)('what either library keeps is found, and removed from both', async () => {
    const { env } = await keyringSession('unlocked');
    await keychain(env, ['@napi-rs/keyring']).call({ ...item, op: 'store', secret: SECRET });
    expect(await keychain(env).call({ ...item, op: 'read' })).toMatchObject({ secret: SECRET });
    await keychain(env, ['keytar']).call({ ...item, op: 'store', secret: SECRET });
    expect(await keychain(env).call({ ...item, op: 'remove' })).toMatchObject({ removed: true });
    for (const library of LIBRARIES) {
      expect(await keychain(env, [library]).call({ ...item, op: 'read' })).toEqual({ ok: true, library });
    }
  });

  test('keeps the origin with the secret, and says where they are', async () => {
    const { env } = await keyringSession('unlocked');
    const clock = settableClock();
    const file = createCredentialsFile(temporaryFolder(), 'linux');
    const credentials = createCredentials(keychain(env), file, clock);
    const credential = { secret: SECRET, origin: 'https://keys.example.com' };
    expect(await credentials.store('team', credential, { insecureStorage: false })).toBe(
      `keychain (${LOADABLE[0]})`,
    );
    expect(await credentials.read('team')).toEqual({
      ...credential,
      ...{ source: `keychain (${LOADABLE[0]})`, stored_at: isoSeconds(clock.now()) },
    });
    expect(await credentials.backend()).toEqual({ name: `keychain (${LOADABLE[0]})`, usable: true });
    expect(await credentials.remove('team')).toBe(true);
    expect(await credentials.read('team')).toBeNull();
  });
});

describe.each(LIBRARIES)('without a keychain, %s', (library) => {
  const isLoadable = LOADABLE.includes(library);
  test.skipIf(MISSING_PROGRAMS.length > 0 || !isLoadable)(
    'a bus that never responds leaves no process behind',
    async () => {
      const env = await silentBus();
      const read = keychain(env, [library], 700).call({ ...item, op: 'read' });
      await expect(read).rejects.toMatchObject({ code: 'keychain_timeout' });
      await vi.waitFor(() => expect(processesOn(env)).toEqual([]), 60_000);
    },
  );

  test.skipIf(!isLoadable)('no bus at all: an error, not a fallback', async () => {
    const env = { PATH: process.env['PATH'] ?? '', HOME: temporaryFolder() };
    const store = keychain(env, [library]).call({ ...item, op: 'store', secret: SECRET });
    await expect(store).rejects.toMatchObject({ code: 'keychain_unavailable' });
  });
});

test.skipIf(MISSING_PROGRAMS.length > 0)(
  'a caller that is killed leaves no hanging call behind',
  async () => {
    const env = await silentBus();
    const caller = spawn(process.execPath, [KEYS, 'whoami'], { env, stdio: 'ignore' });
    onTestFinished(() => void caller.kill('SIGKILL'));
    await vi.waitFor(
      () => expect(processesOn(env)).toContainEqual(expect.stringContaining('keychain-child')),
      60_000,
    );
    caller.kill('SIGKILL');
    await vi.waitFor(() => expect(processesOn(env)).toEqual([]), 30_000);
  },
);

test('a call whose caller no longer listens does not hang', async () => {
  const child = spawn(process.execPath, [fileURLToPath(program)], {
    env: await silentBus(),
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise((resolve) => child.on('exit', resolve));
  child.stdout.destroy();
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${JSON.stringify({ ...item, op: 'read' })}\n`);
  await ended;
});

test('the file is read before the keychain, which may hang', async () => {
  const file = createCredentialsFile(temporaryFolder(), 'linux');
  const credential = { secret: SECRET, origin: 'https://keys.example.com' };
  const unused = { call: () => Promise.reject(new Error('the keychain was asked')) };
  const clock = settableClock();
  const credentials = createCredentials(unused, file, clock);
  expect(await credentials.store('ci', credential, { insecureStorage: true })).toBe('file (insecure)');
  expect(await credentials.read('ci')).toEqual({
    ...credential,
    ...{ source: 'file (insecure)', path: file.path, stored_at: isoSeconds(clock.now()) },
  });
});

test('with storage set to file, a keychain that does not respond is as good as none', async () => {
  const credential = { secret: SECRET, origin: 'https://keys.example.com' };
  let asked = 0;
  const silent = {
    call() {
      asked++;
      return Promise.reject(
        new KeysError('keychain_timeout', 'the keychain did not respond within 4 seconds'),
      );
    },
  };
  const file = createCredentialsFile(temporaryFolder(), 'linux');
  const credentials = createCredentials(silent, file, settableClock(), { keepsInFile: () => true });
  await credentials.store('ci', credential, { insecureStorage: true });
  expect(await credentials.remove('ci')).toBe(true);
  expect([await credentials.read('ci'), await credentials.remove('ci')]).toEqual([null, false]);
  // A secret that was stored once is in one place only: nothing is asked.
  asked = 0;
  await credentials.store('escrow:op_1', credential, { insecureStorage: true });
  expect([await credentials.remove('escrow:op_1', { inOnePlace: true }), asked]).toEqual([true, 0]);
  const inKeychain = createCredentials(silent, file, settableClock());
  await expect(inKeychain.read('ci')).rejects.toMatchObject({ code: 'keychain_timeout' });
});

test('the child gets the secret on stdin alone, and no credential of ours in its environment', async () => {
  const folder = temporaryFolder();
  const seen = join(folder, 'seen.json');
  const spy = join(folder, 'spy.mjs');
  writeFileSync(
    spy,
    `import { writeFileSync } from 'node:fs';
const [stdin] = await process.stdin.setEncoding('utf8').take(1).toArray();
writeFileSync(${JSON.stringify(seen)}, JSON.stringify({ argv: process.argv, env: process.env, stdin }));
console.log('{"ok":true,"library":"spy"}');`,
  );
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, KEYS_API_KEY: SECRET, OTHER: SECRET };
  const chain = createKeychain({ env, program: pathToFileURL(spy), timeoutMs: 120_000 });
  await chain.call({ ...item, op: 'store', secret: SECRET });
  const { argv, env: given, stdin } = JSON.parse(readFileSync(seen, 'utf8'));
  expect(JSON.stringify([argv, given])).not.toContain(SECRET);
  expect(given).toMatchObject({ HOME: folder });
  expect(stdin).toContain(SECRET);
});

test.each([
  ['ends without a word', ''],
  ['says what is no JSON', 'console.log("hello")'],
  ['says more than any item has', 'process.stdout.write(`"${"x".repeat(40_000_000)}"`)'],
])('a child that %s is an unusable keychain', async (_, source) => {
  const broken = join(temporaryFolder(), 'broken.mjs');
  writeFileSync(broken, source);
  const env = { PATH: process.env['PATH'] ?? '' };
  const chain = createKeychain({ env, program: pathToFileURL(broken), timeoutMs: 120_000 });
  await expect(chain.call({ ...item, op: 'read' })).rejects.toMatchObject({ code: 'keychain_unavailable' });
});

test('the time to respond begins when the child has started: a busy machine is no broken keychain', async () => {
  const env = { PATH: process.env['PATH'] ?? '' };
  const call = (prints: string, limits: { startMs: number; timeoutMs: number }) => {
    const child = join(temporaryFolder(), 'child.mjs');
    writeFileSync(child, `process.stdout.write(${JSON.stringify(prints)}); process.stdin.resume();`);
    return createKeychain({ env, program: pathToFileURL(child), ...limits }).call({ ...item, op: 'read' });
  };
  await expect(call('', { startMs: 1, timeoutMs: 60_000 })).rejects.toMatchObject({
    ...{ code: 'keychain_timeout', message: expect.stringContaining('could not be asked') },
  });
  await expect(call('started\n', { startMs: 60_000, timeoutMs: 1 })).rejects.toMatchObject({
    ...{ code: 'keychain_timeout', message: expect.stringContaining('did not respond') },
  });
});

test('a keychain that asks its user is waited for longer than one that does not respond', async () => {
  const asking = join(temporaryFolder(), 'asking.mjs');
  writeFileSync(asking, "process.stdout.write('waiting\\n'); process.stdin.resume();");
  const env = { PATH: process.env['PATH'] ?? '' };
  const waits: string[] = [];
  const options = { env, program: pathToFileURL(asking), onWaiting: () => waits.push('told') };
  const call = createKeychain({ ...options, timeoutMs: 60_000, unlockMs: 1 }).call({ ...item, op: 'read' });
  await expect(call).rejects.toMatchObject({
    code: 'keychain_timeout',
    message: expect.stringContaining('not unlocked'),
  });
  expect(waits).toEqual(['told']);
});
