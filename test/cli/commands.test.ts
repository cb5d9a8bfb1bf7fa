import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { EXIT_CODES } from '../../src/cli/exit-codes.js';
import { overview } from '../../src/cli/program.js';
import { faultyServer, sendJson } from '../support/faulty-server.js';
import { BIN, type KeysProgram, storeSecretsInFile } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { withoutReader } from '../support/without-reader.js';

let keys: KeysProgram;
beforeEach(async () => {
  keys = await keysInProcess();
  return () => keys.remove();
});

const SECRET = /sk_(live|test)_[0-9A-Za-z]{39}/;
const json = async (args: string[]) => JSON.parse((await keys.run([...args, '--json'])).stdout);
const make = async (name: string, ...more: string[]) =>
  (await keys.run(['create', '--name', name, '--raw', ...more])).stdout.trim();

describe('the main job', () => {
  it('goes from create to a key that is accepted, rolled and revoked', async () => {
    const secret = await make('job');
    expect(secret).toMatch(SECRET);
    expect(await keys.run(['verify'], { stdin: `${secret}\n` })).toMatchObject({ code: 0 });
    const rolled = await json(['roll', 'job', '--grace', '12h']);
    expect(rolled).toMatchObject({ name: 'job', status: 'active', previous: { status: 'retiring' } });
    expect(await keys.run(['verify'], { stdin: secret })).toMatchObject({ code: 0 });
    expect(await keys.run(['revoke', rolled.previous.id, rolled.id, '--yes'])).toMatchObject({ code: 0 });
    for (const key of [secret, rolled.secret])
      expect(await keys.run(['verify'], { stdin: key })).toMatchObject({ code: 7 });
  });

  it('shows times in whole seconds, as text and as JSON, in each command', async () => {
    const env = `${keys.home}/.env`;
    const file = join(keys.home, 'keys.yaml');
    const account = 'version: 1\naccounts: { own: { provider: keys } }\nkeys:\n';
    writeFileSync(file, `${account}  - { name: job, account: own, rotate: 1d, to: ["${env}#JOB"] }\n`);
    const secret = await make('own', '--expires', '2h');
    // A created key whose secret is not delivered yet.
    await keys.run(['create', 'late', '--to', 'exec:exit 1']);
    const shown: Array<readonly [string, string]> = [];
    const run = async (args: readonly string[]) => {
      const { stdout, stderr } = await keys.run([...args], { stdin: `${secret}\n` });
      shown.push([args.join(' '), stdout + stderr]);
    };
    for (const args of [
      ['create', 'web', '--to', env, '--rotate', '1d'],
      ['create', 'other', '--expires', '30d', '--dry-run'],
      ['roll', 'web', '--dry-run'],
      ['update', 'web', '--expires', '20d', '--dry-run'],
      ['update', 'web', '--expires', '20d'],
      ['roll', 'web'],
      ['show', 'web'],
      ['revoke', 'web', '--yes'],
      ['show', 'web'],
      ['list', '--all'],
      ['status'],
      ['verify'],
      ['places', 'list'],
      ['plan', '--file', file],
      ['pending'],
      ['events'],
      ['audit'],
      ['resume'],
    ]) {
      await run([...args, '--json']);
    }
    for (const args of [
      ['create', 'other', '--expires', '30d', '--dry-run'],
      ['update', 'own', '--expires', '20d', '--dry-run'],
      ['roll', 'own', '--dry-run'],
      ['roll', 'own'],
      ['list'],
      ['events'],
      ['audit'],
      ['pending'],
      ['show', 'own'],
    ]) {
      await run(args);
    }
    expect(shown.flatMap(([line, text]) => (/\d:\d\d\.\d+Z/.test(text) ? [line] : []))).toEqual([]);
    // Each of these has printed a time, as JSON.
    for (const name of [
      ...['created_at', 'expires_at', 'revoked_at', 'previous_expires_at', 'delivered_at'],
      ...['at', 'since', 'generated_at'],
    ]) {
      expect(
        shown.some(([, text]) => new RegExp(`"${name}": ?"[^"]*T\\d\\d:\\d\\d:\\d\\dZ"`).test(text)),
        name,
      ).toBe(true);
    }
  });

  it('says once a data directory where keys are kept', async () => {
    const first = await keys.run(['create', '--name', 'a']);
    expect(first.stderr).toContain(join(keys.home, '.local/share/keys'));
    expect((await keys.run(['list'])).stderr).toBe('');
  });

  it('prints data alone, in each form', async () => {
    expect((await keys.run(['create', '--name', 'a', '--raw'])).stdout).toMatch(
      new RegExp(`^${SECRET.source}\n$`),
    );
    expect((await keys.run(['create', '--name', 'ci runner', '--env'])).stdout).toMatch(
      new RegExp(`^export API_KEY='${SECRET.source}'\n$`),
    );
    expect((await keys.run(['create', '--name', 'x', '--env', 'X', '--shell', 'fish'])).stdout).toMatch(
      /^set -gx X 'sk_/,
    );
    const lines = (await keys.run(['create', 'shown'])).stdout.trim().split('\n');
    expect(lines.at(-1)).toMatch(/^secret\tsk_live_/);
    expect(await json(['create', '--name', 'b', '--expires', '30d', '--environment', 'test'])).toMatchObject({
      name: 'b',
      environment: 'test',
      secret: expect.stringMatching(SECRET),
    });
  });

  it('makes an env line that a shell evaluates', async () => {
    const script = `eval "$("$NODE" "$BIN" create --name web --env WEB_API_KEY 2>/dev/null)"; echo "\${#WEB_API_KEY}"`;
    const { stdout } = await execa('bash', ['-c', script], {
      env: { ...keys.env, NODE: process.execPath, BIN },
      extendEnv: false,
    });
    expect(stdout).toBe('47');
  });
});

describe('naming a key', () => {
  it('takes an id, an exact name, and a prefix that only one key has', async () => {
    await make('web-shop');
    const { id } = await json(['show', 'web-shop']);
    expect(await json(['show', id])).toMatchObject({ id });
    expect(await json(['show', 'web'])).toMatchObject({ id });
    expect(await json(['show', id.slice(0, 12)])).toMatchObject({ id });
  });

  it('lists the candidates of an ambiguous one', async () => {
    await make('web-1');
    await make('web-2');
    const { code, stdout, stderr } = await keys.run(['show', 'web', '--json']);
    expect([code, stdout]).toEqual([2, '']);
    const { error } = JSON.parse(stderr);
    expect(error.code).toBe('ambiguous_key');
    expect(error.message).toBe('2 keys begin with web');
    expect(error.details.candidates.map(({ name }: { name: string }) => name).sort()).toEqual([
      'web-1',
      'web-2',
    ]);
  });

  it('means the key in use where its predecessor has the same name', async () => {
    await make('web');
    const { id } = await json(['roll', 'web']);
    expect(await json(['show', 'web'])).toMatchObject({ id });
  });

  it('says that there is none', async () => {
    expect(await keys.run(['show', 'nothing'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('no such key: nothing'),
    });
  });
});

describe('list', () => {
  it('filters, sorts, selects and bounds', async () => {
    for (const name of ['b', 'a', 'c']) await make(name);
    await make('test-1', '--environment', 'test', '--expires', '1d');
    await keys.run(['revoke', 'c', '--yes']);
    const names = async (...args: string[]) =>
      (await json(['list', ...args])).map((key: { name: string }) => key.name);
    expect(await names('--sort', 'name')).toEqual(['a', 'b', 'test-1']);
    expect(await names('--sort', 'name:desc', '--limit', '1')).toEqual(['test-1']);
    expect(await names('--all', '--sort', 'name')).toEqual(['a', 'b', 'c', 'test-1']);
    expect(await names('--status', 'revoked')).toEqual(['c']);
    expect(await names('--expiring', '14d')).toEqual(['test-1']);
    expect(await names('--environment', 'test')).toEqual(['test-1']);
    expect(await names('--never-used', '--name', '*-1')).toEqual(['test-1']);
    expect(await names('--older-than', '1d')).toEqual([]);
    expect(await names('--unused', '30d')).toEqual([]);
    expect((await keys.run(['list', '--columns', 'name,status', '--sort', 'name'])).stdout).toBe(
      'a\tactive\nb\tactive\ntest-1\tactive\n',
    );
    // A column is also known by the title that it has in a table.
    expect((await keys.run(['list', '--columns', 'Name,expires', '--sort', 'last used'])).stdout).toContain(
      'a\tnever\n',
    );
    expect(await names('--limit', '2')).toHaveLength(2);
  });

  it('is an empty array where there is nothing', async () => {
    expect((await keys.run(['list', '--json'])).stdout).toBe('[]\n');
    expect((await keys.run(['list'])).stdout).toBe('');
  });

  it('ends quietly when its reader goes away', async () => {
    await make('a');
    const { stderr, exitCode } = await withoutReader(keys, ['list']);
    expect([exitCode, stderr]).toEqual([0, '']);
  });

  it('shows the sequences in a name, and does not send them', async () => {
    const refused = await keys.run(['create', '--name', 'a\u001b[31mred']);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    await make('a\u202eb');
    expect((await keys.run(['list', '--columns', 'name'])).stdout).toBe('a\\u202eb\n');
  });
});

describe('update', () => {
  it('changes only what the flags name', async () => {
    await make('a', '--scope', 'x:read', '--allow-ip', '10.0.0.0/8');
    const updated = await json([
      'update',
      'a',
      '--name',
      'b',
      '--expires',
      '2099-01-31',
      '--no-restrictions',
    ]);
    expect(updated).toMatchObject({
      name: 'b',
      expires_at: '2099-01-31T23:59:59Z',
      scopes: ['x:read'],
      restrictions: {},
    });
    expect(await json(['update', 'b', '--no-expires'])).toMatchObject({ expires_at: null });
    expect(await keys.run(['update', 'b'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('nothing to change'),
    });
  });
});

describe('--dry-run', () => {
  it('says what would happen and changes nothing', async () => {
    expect(await json(['create', '--name', 'a', '--dry-run'])).toEqual({
      dry_run: true,
      create: { name: 'a' },
    });
    expect(await json(['list'])).toEqual([]);
    await make('a');
    const before = await json(['list', '--all']);
    expect(await json(['update', 'a', '--name', 'b', '--dry-run'])).toMatchObject({
      dry_run: true,
      update: { name: 'b' },
    });
    expect(await json(['roll', 'a', '--dry-run', '--now'])).toMatchObject({ dry_run: true });
    expect(await json(['revoke', 'a', '--dry-run'])).toMatchObject({
      dry_run: true,
      revoke: [{ name: 'a' }],
    });
    expect(await json(['list', '--all'])).toEqual(before);
  });
});

describe('bad input', () => {
  it.each<[string, string[], number, RegExp]>([
    ['an unknown flag', ['create', '--nmae', 'x'], 2, /unknown option '--nmae'[\s\S]*did you mean --name/],
    ['an option that is near none', ['create', '--bogus'], 2, /unknown option '--bogus'\nkeys: hint: usage/],
    ['an unknown subcommand', ['profile', 'lits'], 2, /did you mean list/],
    [
      'a command of help',
      ['help', 'crate'],
      2,
      /unknown command 'crate'[\s\S]*did you mean keys create --help/,
    ],
    ['help of a word of no command', ['help', 'crate', 'x'], 2, /unknown command 'crate'/],
    ['a subcommand of help', ['help', 'profile', 'lits'], 2, /did you mean keys profile list --help\?/],
    [
      'a short option in the other case',
      ['-v'],
      2,
      /unknown option '-v'[\s\S]*did you mean -V \(--version\)\?/,
    ],
    [
      'a request without an address',
      ['api', 'GET', '/v1/whoami'],
      2,
      /hint: such as --base-url https:.*keys serve gives it/,
    ],
    [
      'a request without a setting',
      ['api', 'GET', '/x', '--provider', 'algolia'],
      2,
      /error: --set application=… is required for Algolia/,
    ],
    [
      'an unknown provider',
      ['login', '--provider', 'stripe'],
      3,
      /keys provider list shows[^;]*; keys provider new stripe/,
    ],
    [
      'a job that is none',
      ['create', 'x', '--to', 'github-env:A'],
      2,
      /hint: elsewhere, deliver to a file \(\.env#A\)/,
    ],
    ['an unknown command', ['crate'], 2, /unknown command 'crate'[\s\S]*did you mean create/],
    ['an empty name', ['create', '--name', ''], 2, /the name is empty/],
    ['10,000 characters', ['create', '--name', 'x'.repeat(10_000)], 2, /10000 characters/],
    ['a past expiry', ['create', '--name', 'x', '--expires', '2020-01-01'], 2, /has passed already/],
    ['a malformed expiry', ['create', '--name', 'x', '--expires', 'soon'], 2, /not a time: "soon"/],
    [
      'a malformed range',
      ['create', '--name', 'x', '--allow-ip', '10.0.0.0/64'],
      2,
      /not an IP address or CIDR range/,
    ],
    ['a malformed endpoint', ['create', '--name', 'x', '--allow-endpoint', 'users'], 2, /not an endpoint/],
    ['a malformed scope', ['create', '--name', 'x', '--scope', 'a b'], 2, /scope/],
    [
      'an unknown environment',
      ['create', '--name', 'x', '--environment', 'staging'],
      2,
      /key service has no environment staging\n.*one of live, test/,
    ],
    [
      'an unknown type',
      ['create', '--name', 'x', '--type', 'secrte'],
      2,
      /Allowed choices are secret, public/,
    ],
    [
      '--json with --raw',
      ['create', '--name', 'x', '--json', '--raw'],
      2,
      /--json and --raw exclude each other/,
    ],
    ['--env test', ['create', '--name', 'x', '--env', 'test'], 2, /--environment test/],
    ['--env web', ['roll', '--env', 'web'], 2, /missing required argument|before the flag/],
    ['--env PATH', ['create', '--name', 'x', '--env', 'PATH'], 2, /PATH is reserved by a shell/],
    ['--env LD_PRELOAD', ['create', '--name', 'x', '--env', 'LD_PRELOAD'], 2, /LD_PRELOAD is reserved/],
    [
      'a grace that never ends',
      ['create', 'x', '--grace', 'never'],
      2,
      /--grace cannot be never\n.*second key/,
    ],
    ['an old key that never ends', ['roll', 'x', '--grace', 'never'], 2, /--grace cannot be never/],
    ['an end that never comes', ['roll', 'x', '--until', 'never'], 2, /--until cannot be never/],
    ['a schedule that never comes', ['roll', '--due', 'never'], 2, /--due cannot be never\n.*own schedule/],
    ['a watch that never ends', ['roll', 'x', '--watch', 'never'], 2, /--watch cannot be never/],
    ['a malformed watch, before anything is rolled', ['roll', 'x', '--watch', 'soon'], 2, /not a duration/],
    ['unused: never', ['list', '--unused', 'never'], 2, /--unused cannot be never\n.*--never-used/],
    ['no key without a terminal', ['revoke'], 2, /no keys? is named, and without a terminal there is none/],
    ['a shell that is none', ['completion', 'bsh'], 2, /no shell is "bsh": bash, .*; did you mean bash\?/],
    ['no name without a terminal', ['create'], 2, /--name is required/],
    ['an unknown column', ['list', '--columns', 'nope'], 2, /no such column: nope/],
    ['an unknown status', ['list', '--status', 'dead'], 2, /status/],
    ['a limit of 0', ['list', '--limit', '0'], 2, /not a number of keys/],
    ['a key that is not there', ['revoke', 'nothing', '--yes'], 3, /no such key: nothing/],
    ['a profile that is not there', ['list', '--profile', 'nothing'], 3, /no such profile: nothing/],
    ['a key in argv', ['verify', 'sk_live_fake'], 2, /command line/],
    [
      'a credential in argv',
      ['login', '--base-url', 'http://127.0.0.1:1', '--token', 'sk_live_fake'],
      2,
      /command line/,
    ],
    ['another address for serve', ['serve', '--host', 'everything'], 2, /not an address/],
    ['plain HTTP to another machine', ['list', '--base-url', 'http://192.0.2.1'], 6, /plain HTTP/],
    ['no credential for a service', ['list', '--base-url', 'http://127.0.0.1:9'], 4, /no credential/],
    ['an unknown setting', ['config', 'set', 'colour', 'red'], 2, /no such setting: colour/],
  ])('%s', async (_, args, code, message) => {
    const env = args.includes('http://192.0.2.1') ? { KEYS_API_KEY: 'sk_live_fake' } : {};
    const result = await keys.run(args, { env });
    expect(result.stderr).toMatch(message);
    expect([result.code, result.stdout]).toEqual([code, '']);
    expect(result.stderr).toMatch(
      /^keys: error: ([^A-Z\n]|[A-Z_]+ is reserved).*[^.]\n|^\{"error":\{"code":"usage"/m,
    );
    expect(result.stderr).not.toContain('sk_live_fake');
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });

  it('confirms before it revokes a key, and needs --yes where it cannot ask', async () => {
    await make('a');
    expect(await keys.run(['revoke', 'a'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--yes'),
    });
    expect(await keys.run(['roll', 'a', '--now'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--yes'),
    });
    expect(await json(['show', 'a'])).toMatchObject({ status: 'active' });
    expect(await keys.run(['revoke', 'a', '--yes'])).toMatchObject({ code: 0 });
    expect(await keys.run(['revoke', 'a'])).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('revoked already'),
    });
  });

  it('ends none of several keys where one is not there', async () => {
    await make('a');
    expect(await keys.run(['revoke', 'a', 'nothing', '--yes'])).toMatchObject({ code: 3 });
    expect(await json(['show', 'a'])).toMatchObject({ status: 'active' });
  });

  it('refuses a second key of the same name, until the first is revoked', async () => {
    await make('a');
    expect(await keys.run(['create', '--name', 'a'])).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('a key of this account is named a already'),
    });
    await keys.run(['revoke', 'a', '--yes']);
    expect((await keys.run(['create', '--name', 'a'])).code).toBe(0);
  });

  it('tells why a key is not good, and what to do', async () => {
    const secret = await make('a');
    const why = async (stdin: string) => {
      const { code, stdout, stderr } = await keys.run(['verify', '--json'], { stdin });
      return [code, JSON.parse(stdout).reason, stderr.includes(secret)];
    };
    expect(await why(secret.slice(0, -4))).toEqual([7, 'malformed', false]);
    expect(await why(secret.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a')))).toEqual([
      7,
      'mistyped',
      false,
    ]);
    expect(await why('another_key')).toEqual([7, 'unknown', false]);
    expect(await keys.run(['verify'], { stdin: `  "${secret}" \n` })).toMatchObject({ code: 0 });
    await keys.run(['revoke', 'a', '--yes']);
    expect(await why(secret)).toEqual([7, 'revoked', false]);
  });

  it('never calls it done when stdout is full, and has the secret for keys resume', async () => {
    const full = await execa('bash', ['-c', '"$NODE" "$BIN" create --name held --raw >/dev/full'], {
      env: { ...keys.env, NODE: process.execPath, BIN },
      extendEnv: false,
      reject: false,
    });
    expect([full.exitCode, full.stderr]).toEqual([9, expect.stringContaining('run keys resume')]);
    const [pending] = await json(['pending']);
    expect(pending).toMatchObject({ name: 'held', pending: ['stdout'], running: false });
    const unread = await keys.run(['resume']);
    expect(unread).toMatchObject({ code: 9, stdout: '' });
    const shown = await keys.run(['resume', '--show']);
    expect([shown.code, shown.stdout]).toEqual([0, expect.stringMatching(SECRET)]);
    expect((await keys.run(['verify'], { stdin: shown.stdout })).code).toBe(0);
    expect(await json(['list'])).toHaveLength(1);
    expect(await keys.run(['resume'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('keeps a settings file that it cannot read', async () => {
    const folder = join(keys.home, '.config/keys');
    mkdirSync(folder, { recursive: true });
    const path = join(folder, 'config.json');
    writeFileSync(path, '{"settings": {');
    for (const args of [['list'], ['config', 'set', 'environment', 'test']]) {
      expect(await keys.run(args)).toMatchObject({ code: 1, stderr: expect.stringContaining(path) });
    }
    expect(readFileSync(path, 'utf8')).toBe('{"settings": {');
  });

  it('says where it cannot keep anything', async () => {
    const file = join(keys.home, 'a-file');
    writeFileSync(file, '');
    expect(await keys.run(['list'], { env: { KEYS_DATA_DIR: join(file, 'x') } })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('KEYS_DATA_DIR'),
    });
  });
});

describe('settings', () => {
  it('are private, and are read by every call', async () => {
    expect(await keys.run(['config', 'set', 'environment', 'test'])).toMatchObject({ code: 0 });
    const path = (await keys.run(['config', 'path'])).stdout.trim();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await json(['create', '--name', 'a'])).toMatchObject({ environment: 'test' });
    expect((await keys.run(['config', 'get', 'environment'])).stdout).toBe('test\n');
    await keys.run(['config', 'set', 'shell', 'fish']);
    expect((await keys.run(['create', '--name', 'f', '--env'])).stdout).toMatch(/^set -gx API_KEY 'sk_test_/);
    await keys.run(['config', 'unset', 'environment']);
    expect(await keys.run(['config', 'get', 'environment'])).toMatchObject({ code: 1, stdout: '' });
  });

  it('survive several writers at once', async () => {
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(
      names.map((name) => keys.run(['profile', 'add', name, '--base-url', `http://127.0.0.1/${name}`])),
    );
    const profiles = await json(['profile', 'list']);
    expect(profiles.map(({ name }: { name: string }) => name).sort()).toEqual(names);
    expect(existsSync(join(keys.home, '.config/keys/config.json'))).toBe(true);
  });
});

describe('a key of another service', () => {
  it('is asked about, whatever its checksum: there it is no more than a hint', async () => {
    const { url, seen } = await faultyServer((response) =>
      sendJson(response, 200, { success: true, data: { valid: true, key: { id: 'key_1', name: 'theirs' } } }),
    );
    const env = { KEYS_BASE_URL: url, KEYS_API_KEY: 'another_services_credential' };
    const stdin = `sk_live_${'x'.repeat(39)}`;
    const { code, stderr } = await keys.run(['verify'], { env, stdin });
    expect([code, seen.length]).toEqual([0, 1]);
    expect(stderr).toContain('it is mistyped; asking the service all the same');
    expect(stderr).not.toContain(stdin);
  });
});

describe('login', () => {
  it('asks for the list where a service does not know whoami, as the documented one does not', async () => {
    const { url, seen } = await faultyServer((response, request) =>
      request.url === '/v1/whoami'
        ? sendJson(response, 404, { error: 'no such endpoint' })
        : sendJson(response, 200, { success: true, data: [] }),
    );
    const args = [
      'login',
      '--base-url',
      url,
      '--profile',
      'doc',
      '--with-token',
      '--insecure-storage',
      '--json',
    ];
    const { code, stdout } = await keys.run(args, { stdin: 'sk_live_obviously_fake' });
    expect([code, JSON.parse(stdout).key]).toEqual([0, null]);
    expect(seen.map(({ url: path }) => path)).toEqual([
      '/v1/whoami',
      expect.stringMatching(/^\/v1\/api-keys\?limit=1(&|$)/),
    ]);
  });

  it('leads from the hint to a login that the next command uses', async () => {
    const { url } = await faultyServer((response) => sendJson(response, 200, { data: [], has_more: false }));
    const list = ['list', '--provider', 'resend', '--base-url', url];
    const refused = await keys.run(list);
    const hint = `keys login --provider resend --base-url ${url}`;
    expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining(hint) });
    const login = [...hint.split(' ').slice(1), '--with-token', '--insecure-storage'];
    expect(await keys.run(login, { stdin: 're_obviously_fake' })).toMatchObject({ code: 0 });
    expect(await keys.run(list)).toMatchObject({ code: 0, stderr: '' });
  });

  it('follows the setting storage, and replaces the profile of another service only with --yes', async () => {
    const { url } = await faultyServer((response) => sendJson(response, 200, { data: [], has_more: false }));
    await storeSecretsInFile(keys);
    const login = (address: string, ...more: string[]) =>
      keys.run(
        [
          'login',
          '--provider',
          'resend',
          '--base-url',
          address,
          '--profile',
          'mail',
          '--with-token',
          ...more,
        ],
        { stdin: 're_obviously_fake' },
      );
    const stored = await login(url, '--json');
    expect(stored.code, stored.stderr).toBe(0);
    expect(JSON.parse(stored.stdout)).toMatchObject({ stored_in: 'file (insecure)' });
    expect(await login(`${url}/other`)).toMatchObject({
      code: 6,
      stderr: expect.stringContaining(`the profile mail is for ${url}`),
    });
    expect((await login(`${url}/`)).code).toBe(0);
    expect(await json(['profile', 'list'])).toMatchObject([{ name: 'mail', base_url: url }]);
    expect((await login(`${url}/other`, '--yes')).code).toBe(0);
    expect(await json(['profile', 'list'])).toMatchObject([{ base_url: `${url}/other` }]);
  });

  it('stores nothing that the service refuses', async () => {
    const { url } = await faultyServer((response) => sendJson(response, 401, { error: 'no' }));
    const args = ['login', '--base-url', url, '--profile', 'doc', '--with-token', '--insecure-storage'];
    expect(await keys.run(args, { stdin: 'sk_live_obviously_fake' })).toMatchObject({ code: 4, stdout: '' });
    expect(existsSync(join(keys.home, '.config/keys/credentials.json'))).toBe(false);
    expect(await json(['profile', 'list'])).toEqual([]);
  });
});

describe('status', () => {
  it('tells how things stand where nobody is logged in and no keychain responds', async () => {
    await keys.run(['profile', 'add', 'team', '--base-url', 'http://127.0.0.1:9']);
    const { code, stdout } = await keys.run(['status', '--profile', 'team', '--json']);
    expect(code).not.toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      profile: 'team',
      base_url: 'http://127.0.0.1:9',
      credential: null,
      key: null,
      keychain: { usable: false, problem: expect.stringContaining('keychain') },
    });
  });

  it('needs no credential for the embedded service', async () => {
    expect(await json(['status'])).toMatchObject({
      profile: null,
      base_url: null,
      service: 'embedded',
      key: null,
    });
  });
});

describe('a service over HTTP', () => {
  async function serve(): Promise<{
    url: string;
    managementKey: string;
    stop: () => Promise<number | undefined>;
  }> {
    const child = execa(process.execPath, [BIN, 'serve', '--port', '0'], {
      env: { ...keys.env, KEYS_MACHINE: 'laptop.example.com' },
      extendEnv: false,
      reject: false,
      buffer: { stderr: true },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const url = await new Promise<string>((resolve, reject) => {
      let text = '';
      child.stderr.on('data', (chunk: Buffer) => {
        text += chunk;
        const found = /listening on (\S+)/.exec(text)?.[1];
        if (found) resolve(found);
      });
      child.on('exit', () => reject(new Error(text)));
    });
    const managementKey = readFileSync(join(keys.home, '.local/share/keys/management.key'), 'utf8').trim();
    return {
      url,
      managementKey,
      async stop() {
        child.kill('SIGTERM');
        return (await child).exitCode;
      },
    };
  }

  it('is managed by the same commands, and shuts down in order', async () => {
    await make('made before');
    const { url, managementKey, stop } = await serve();
    expect(statSync(join(keys.home, '.local/share/keys/management.key')).mode & 0o777).toBe(0o600);
    const login = await keys.run(
      ['login', '--base-url', url, '--profile', 'team', '--with-token', '--insecure-storage', '--json'],
      { stdin: managementKey },
    );
    expect(JSON.parse(login.stdout)).toMatchObject({
      profile: 'team',
      stored_in: 'file (insecure)',
      key: { name: 'management key of laptop' },
    });
    expect(login.stderr).not.toContain(managementKey);
    const team = ['--profile', 'team'];
    const secret = await make('remote', ...team);
    expect(await keys.run(['verify', ...team], { stdin: secret })).toMatchObject({ code: 0 });
    expect(await json(['list', ...team, '--columns', 'name'])).toHaveLength(3);
    expect(await json(['roll', 'remote', '--now', '--yes', ...team])).toMatchObject({
      previous: { status: 'revoked' },
    });
    const own = await keys.run(['revoke', 'management key of laptop', '--yes', ...team]);
    expect(own).toMatchObject({ code: 6, stderr: expect.stringContaining('--force') });
    const told = (await keys.run(['status', ...team])).stdout;
    expect(told).toContain('environment\tlive');
    expect(told).toContain('you are\tmanagement key of laptop (key_');
    expect((await keys.run(['list', ...team])).stdout).toContain('\tmanagement key of laptop\t');
    const status = await json(['status', ...team]);
    expect(status).toMatchObject({
      profile: 'team',
      base_url: url,
      service: 'remote',
      credential: 'file (insecure)',
    });
    const traced = await keys.run(['list', ...team, '--debug']);
    expect(traced.stderr).toContain('authorization: [redacted]');
    expect(traced.stderr).not.toContain(managementKey);
    await keys.run(['profile', 'use', 'team']);
    expect(await json(['status'])).toMatchObject({ profile: 'team' });
    expect(await stop()).toBe(0);
    expect(await keys.run(['list'])).toMatchObject({ code: 5, stdout: '' });
  });

  it('has a credential that is bound to its origin, and says which source it is from', async () => {
    const { url, managementKey } = await serve();
    await keys.run(['login', '--base-url', url, '--profile', 'team', '--with-token', '--insecure-storage'], {
      stdin: managementKey,
    });
    const elsewhere = await keys.run(['list', '--profile', 'team', '--base-url', 'http://127.0.0.1:9']);
    expect(elsewhere).toMatchObject({ code: 6, stderr: expect.stringContaining('was not sent') });
    const env = { KEYS_API_KEY: 'sk_live_fake', KEYS_BASE_URL: 'http://127.0.0.1:9' };
    const explicit = await keys.run(['list', '--profile', 'team'], { env });
    expect(explicit).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('--profile team wins over KEYS_API_KEY'),
    });
    const given = await keys.run(['list', '--base-url', url], { env: { KEYS_API_KEY: managementKey } });
    expect(given).toMatchObject({ code: 0 });
    const wrong = await keys.run(['list', '--base-url', url], { env: { KEYS_API_KEY: 'sk_live_fake' } });
    expect(wrong).toMatchObject({ code: 4 });
    const path = join(keys.home, '.config/keys/credentials.json');
    chmodSync(path, 0o644);
    expect(await keys.run(['list', '--profile', 'team'])).toMatchObject({
      code: 6,
      stderr: expect.stringContaining(`chmod 600 ${path}`),
    });
    chmodSync(path, 0o600);
    expect(await keys.run(['logout', '--profile', 'team'])).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('removed'),
    });
    expect(
      await keys.run(['login', '--base-url', url, '--with-token', '--insecure-storage'], {
        stdin: 'sk_live_wrong',
      }),
    ).toMatchObject({ code: 4 });
  });

  it('takes a management key of our format from the environment, and no other', async () => {
    const wrong = await keys.run(['serve', '--port', '0'], {
      env: { KEYS_MANAGEMENT_KEY: 'sk_live_tooshort' },
    });
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('not a key of our format') });
    expect(wrong.stderr).not.toContain('sk_live_tooshort');
  });
});

describe('help', () => {
  it('is there for every command, with examples and exit codes that are documented', async () => {
    const help = (await keys.run(['--help'])).stdout;
    const names = [...help.matchAll(/^ {2}([a-z]+)(?:\|\w+)?(?: \[|\s{2,})/gm)]
      .map(([, name]) => name ?? '')
      .filter((name) => name !== 'help');
    expect(names).toContain('create');
    for (const name of names) {
      const { code, stdout } = await keys.run(['help', name]);
      expect([name, code]).toEqual([name, 0]);
      expect(stdout, name).toContain('Examples:');
    }
    for (const [code, meaning] of EXIT_CODES)
      expect(help).toMatch(new RegExp(`^ {2}${code} +${meaning.slice(0, 30)}`, 'm'));
    expect((await keys.run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(await keys.run([])).toMatchObject({ code: 0, stdout: overview(), stderr: '' });
  });
});

it('tells a bug report its versions, and --verbose nothing else', async () => {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  const told = await keys.run(['--version', '--verbose', '--json']);
  expect([told.code, JSON.parse(told.stdout)]).toEqual([
    0,
    expect.objectContaining({
      node: process.versions.node,
      openssl: process.versions.openssl,
      sqlite: expect.stringMatching(/^3\.\S+ \((node:sqlite|@photostructure\/sqlite)\)$/),
    }),
  ]);
  expect((await keys.run(['-V', '--verbose'])).stdout).toMatch(/^keys\t\d/);
  expect((await keys.run(['list', '--verbose'])).code).toBe(2);
});
