import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { variants } from '../support/damages.js';
import { startTestService } from '../support/key-service-server.js';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';

/** A file that the program reads back, in a home that uses it, and what reads it. */
interface StoredFile {
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

const FILES: Readonly<Record<string, () => Promise<StoredFile>>> = {
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

/** What no member says, as bytes that are no whole file any more. */
function damagedTexts(text: string): ReadonlyArray<readonly [what: string, text: string]> {
  return [
    ['nothing', ''],
    ['half of it', text.slice(0, text.length / 2)],
    ['null', 'null'],
    ['a list', '[]'],
    ['a number', '7'],
    ['zeros', '\0'.repeat(text.length)],
    ['two of it', text + text],
    ['100 MB', `${text}${' '.repeat(100_000_000)}`],
    ['depth', '['.repeat(200_000)],
  ];
}

describe.each(Object.entries(FILES))('%s that is damaged', (_, open) => {
  it('is named with its member, by every command that reads it', { timeout: 600_000 }, async () => {
    const { keys, path, calls, read = /./, free, secrets } = await open();
    const whole = readFileSync(path, 'utf8');
    const file = path.split('/').at(-1) ?? '';
    const wrong: string[] = [];
    const look = async (what: string, text: string, mayPass: boolean, names: RegExp) => {
      for (const args of calls) {
        writeFileSync(path, text, { mode: 0o600 });
        const { code, stdout, stderr } = await keys.run(args, { cwd: keys.home });
        const said = `${what}: ${args[0]}: ${code} ${stderr.slice(0, 300)}`;
        if (/bug in keys|unexpected/.test(stderr)) wrong.push(`a bug: ${said}`);
        if (secrets.some((secret) => (stdout + stderr).includes(secret))) wrong.push(`a secret: ${said}`);
        const both = stdout + stderr;
        if (!mayPass && !(both.includes(file) && names.test(both))) wrong.push(`not named: ${said}`);
        if (!mayPass && code === 0 && args[0] !== 'status') wrong.push(`passed: ${said}`);
      }
    };
    for (const [what, text] of damagedTexts(whole)) await look(what, text, what === '100 MB', /./);
    let count = 0;
    for (const [what, value] of variants(JSON.parse(whole))) {
      const at = what.replace(/: .*$| is gone$/, '');
      if (!read.test(at)) continue;
      count++;
      // A member may be told by what is in it or around it.
      const member =
        what
          .replace(/: .*$| is gone$/, '')
          .split('.')
          .at(-1) ?? '';
      const names = new RegExp(/^\d+$/.test(member) ? '.' : member);
      await look(what, JSON.stringify(value), free.test(what), names);
    }
    expect(count).toBeGreaterThan(20);
    expect(wrong).toEqual([]);
  });
});
