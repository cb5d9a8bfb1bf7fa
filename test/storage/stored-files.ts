import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { startTestService } from '../support/key-service-server.js';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';

/** A file that the program reads back, in a home that uses it, and what reads it. */
export interface StoredFile {
  readonly keys: KeysInProcess;
  readonly path: string;
  readonly calls: ReadonlyArray<readonly string[]>;
  /** Members that are read back; absent: all. */
  readonly read?: RegExp;
  /**
   * Members that may be gone, or be of any text, without a word: each of them says less, and allows no more.
   */
  readonly free: RegExp;
  /** Secrets that the file holds. */
  readonly secrets: readonly string[];
  /** Set for a file without members. */
  readonly isText?: boolean;
  /** Set for a cache: whatever is in it, each call does what it does without it. */
  readonly isCache?: boolean;
}

async function home(): Promise<KeysInProcess> {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  return keys;
}

async function loggedIn(): Promise<{ keys: KeysInProcess; folder: string; secret: string }> {
  const [keys, service] = [await home(), await startTestService()];
  const login = [
    'login',
    '--profile',
    'team',
    '--base-url',
    service.url,
    '--with-token',
    '--insecure-storage',
  ];
  const { code, stderr } = await keys.run(login, { stdin: service.managementKey });
  expect([code, stderr]).toEqual([0, expect.anything()]);
  return { keys, folder: join(keys.home, '.config/keys'), secret: service.managementKey };
}

export const FILES: Readonly<Record<string, () => Promise<StoredFile>>> = {
  async settings() {
    const { keys, folder } = await loggedIn();
    const path = join(folder, 'config.json');
    const { settings, profiles } = JSON.parse(readFileSync(path, 'utf8'));
    const all = {
      settings: {
        ...settings,
        profile: 'team',
        ...{ environment: 'live', shell: 'bash', storage: 'file', ledger: 'kept', keychain_wait: '120' },
      },
      profiles: { team: { ...profiles.team, environment: 'live', set: { region: 'eu' } } },
      providers: { acme: '/nowhere/acme.mjs' },
      placeKinds: { store: '/nowhere/store.mjs' },
    };
    writeFileSync(path, JSON.stringify(all));
    const calls = [
      ['list', '--json'],
      ['config', 'list'],
      ['status', '--json'],
    ];
    // What is gone is a default, which is in order; a text is what a person may have written.
    return {
      keys,
      path,
      calls,
      free: / is gone$|: "x"$|^\w+(\.team(\.set)?)?: \{\}$|: \{"x":null\}$/,
      secrets: [],
    };
  },

  async 'stored credentials'() {
    const { keys, folder, secret } = await loggedIn();
    const team = ['--profile', 'team', '--json'];
    const calls = [
      ['list', ...team],
      ['status', ...team],
    ];
    const free = /^team is gone$|\.(stored_at|key_id) is gone$|\.(secret|origin|key_id): "x"$/;
    return { keys, path: join(folder, 'credentials.json'), calls, free, secrets: [secret] };
  },

  async 'secrets of saved keys'() {
    const keys = await home();
    await keys.run(['config', 'set', 'storage', 'file']);
    const { stdout } = await keys.run(['create', 'web', '--to', 'keychain', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'web' });
    const path = join(keys.home, '.config/keys/credentials.json');
    const written = readFileSync(path, 'utf8');
    const secret = /sk_live_\w+/.exec(written)?.[0] ?? '';
    // Half of it is still a part of the secret.
    const secrets = [secret, secret.slice(0, 24)];
    const item = Object.keys(JSON.parse(written))[0] ?? '';
    const free = new RegExp(`^${item} is gone$|\\.stored_at is gone$|\\.origin: "x"$`);
    return { keys, path, calls: [['env', 'web']], free, secrets };
  },

  async 'encryption key'() {
    const keys = await home();
    await keys.run(['create', 'web', '--raw']);
    const path = join(keys.home, '.config/keys/encryption.key');
    const secret = randomBytes(32).toString('base64url');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${secret}\n`);
    return { keys, path, calls: [['doctor', '--json']], free: /./, secrets: [secret], isText: true };
  },

  async 'management key'() {
    const keys = await home();
    const at = ['--data-dir', join(keys.home, 'data')];
    await keys.run(['serve', 'migrate', ...at]);
    const calls = [['serve', 'recover', ...at, '--json']];
    const made = await keys.run(calls[0] ?? []);
    expect([made.code, made.stderr]).toEqual([0, expect.anything()]);
    const path = join(keys.home, 'data/management.key');
    const secrets = [readFileSync(path, 'utf8').trim()];
    // A start that was killed leaves an empty one.
    return { keys, path, calls, free: /^nothing$/, secrets, isText: true };
  },

  async 'names for completion'() {
    const keys = await home();
    await keys.run(['create', 'web', '--raw']);
    const calls = [['__complete', 'keys']];
    expect(await keys.run(calls[0] ?? [])).toMatchObject({ code: 0, stdout: expect.stringContaining('web') });
    const path = join(keys.home, '.config/keys/completion.json');
    return { keys, path, calls, free: /./, secrets: [], isCache: true };
  },

  async 'saved plan'() {
    const keys = await home();
    const folder = keys.home;
    writeFileSync(
      join(folder, 'keys.yaml'),
      `version: 1
accounts: { own: { provider: keys } }
keys:
  - { name: web, account: own, to: [.env#WEB] }
  - { name: shop, account: own, to: [shop.env#SHOP] }
`,
    );
    const planned = await keys.run(['plan', '--out', 'plan.json'], { cwd: folder });
    expect([planned.code, planned.stderr]).toEqual([10, expect.anything()]);
    const calls = [['apply', 'plan.json', '--yes', '--json']];
    const read = /^(keys_plan|file|digest|actions(\.\d+(\.(action|account|key|about(\.\d+)?))?)?)$/;
    const free = /: "x"$|^actions: \[\]$|about: \[\]$|actions: \{\}$/;
    return { keys, path: join(folder, 'plan.json'), calls, read, free, secrets: [] };
  },

  async 'report of an earlier audit'() {
    const keys = await home();
    await keys.run(['create', 'web', '--raw']);
    const { stdout } = await keys.run(['audit', '--json']);
    const path = join(keys.home, 'last.json');
    writeFileSync(path, stdout);
    const calls = [['audit', '--baseline', path, '--json']];
    const read =
      /^(version|findings(\.\d+(\.(fingerprint|rule|key(\.name)?|location(\.file)?))?)?|summary(\.generated_at)?)$/;
    const free =
      /fingerprint: "x"$|(rule|name|file): "x"$|(rule|key|name|location|file) is gone$|(key|location): (null|\{\})$|^findings: \[\]$|(key|location): \{"x":null\}$/;
    return { keys, path, calls, read, free, secrets: [] };
  },
};
