import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Key } from '../../src/domain/key.js';
import { testEncryptionKey } from '../support/encryption-key.js';
import { startTestService, type TestService } from '../support/key-service-server.js';
import type { KeysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { HOUR } from '../support/settable-clock.js';
import { withTranscript } from '../support/transcript.js';

/** A whole life of a key under each system's rules, by the program itself against `keys serve`'s own code. */
interface System {
  readonly id: string;
  readonly create: readonly string[];
  /** How its keys are rolled, and what becomes of the old one. */
  readonly roll: 'for as long as is said' | 'for 12 hours' | 'by a successor' | 'ends at once';
  readonly prefix: RegExp;
}

const SYSTEMS: readonly System[] = [
  { id: 'keys', create: ['--environment', 'test'], roll: 'for as long as is said', prefix: /^sk_test_/ },
  { id: 'trust-swiftly', create: [], roll: 'by a successor', prefix: /^[0-9A-Za-z]{39}$/ },
  { id: 'swiftsell', create: [], roll: 'by a successor', prefix: /^ss_/ },
  {
    id: 'tylt',
    create: ['--service', 'shop', '--environment', 'demo'],
    roll: 'ends at once',
    prefix: /^[0-9A-Za-z]{39}$/,
  },
  { id: 'jahuty', create: ['--type', 'secret'], roll: 'for 12 hours', prefix: /^[0-9A-Za-z]{39}$/ },
];

const rows: string[] = [];
const holds = (system: string, rule: string) => rows.push(`${system.padEnd(14)} ${rule}`);
afterAll(() =>
  console.log(`\nThe life of a key under each system's rules, from the command line:\n${rows.join('\n')}\n`),
);

interface Made {
  readonly id: string;
  readonly parts: string;
}

/** Expects that `list` and `show` name the old key and its successor at each other. */
async function expectLinks(
  [old, fresh]: readonly [string, string],
  json: (args: string[]) => Promise<unknown>,
) {
  const listed = (await json(['list', '--all'])) as Key[];
  const shown = (await Promise.all([json(['show', old]), json(['show', fresh])])) as Key[];
  for (const keys of [listed, shown]) {
    const linkOf = (wanted: string) => {
      const { rolled_from, rolled_to } = keys.find(({ id }) => id === wanted) ?? {};
      return { rolled_from, rolled_to };
    };
    expect([linkOf(old), linkOf(fresh)]).toEqual([
      { rolled_from: null, rolled_to: fresh },
      { rolled_from: old, rolled_to: null },
    ]);
  }
}

class Life {
  readonly #keys: KeysProgram;

  private constructor(keys: KeysProgram) {
    this.#keys = keys;
  }

  /** A program that has logged in, and has learned from the service which policy it follows. */
  static async loggedIn(keys: KeysProgram, service: TestService, system: System): Promise<Life> {
    const address = ['--base-url', service.url, '--profile', 'team'];
    const login = await keys.run(['login', ...address, '--with-token', '--insecure-storage'], {
      stdin: service.managementKey,
    });
    expect([login.code, login.stdout]).toEqual([0, expect.stringContaining(`policy\t${system.id}\n`)]);
    return new Life(keys);
  }

  run(args: readonly string[], stdin = '') {
    return this.#keys.run([...args, '--profile', 'team'], { stdin });
  }

  async json(args: readonly string[], stdin = '') {
    const { code, stdout, stderr } = await this.run([...args, '--json'], stdin);
    expect([code, stderr.replace(/^keys: (hint|warning).*$/gm, '').trim()].join(' ')).toMatch(/^0 ?/);
    return JSON.parse(stdout);
  }

  made(response: { id: string; secret?: string; api_key?: string; secret_key?: string }): Made {
    const { id, secret, api_key, secret_key } = response;
    return { id, parts: secret === undefined ? `${api_key}\n${secret_key}` : secret };
  }

  /** The exit code of a request in the system's own scheme: 0 accepted, 4 refused. */
  async use({ parts }: Made): Promise<number> {
    return (await this.run(['api', 'GET', '/v1/authorize', '--key', '-'], `${parts}\n`)).code;
  }
}

describe.each(SYSTEMS)('$id', (system) => {
  it('lives: create, use, list, roll, use both, revoke, refused', async () => {
    const service = await startTestService({ policy: system.id, encryptionKey: testEncryptionKey() });
    const keys = withTranscript(await keysInProcess());
    onTestFinished(() => keys.write(`${system.id}-served`));
    const life = await Life.loggedIn(keys, service, system);
    const told = (rule: string) => holds(system.id, rule);

    const created = await life.json(['create', '--name', 'web', ...system.create]);
    const old = life.made(created);
    expect(old.parts.split('\n')[0]).toMatch(system.prefix);
    told(old.parts.includes('\n') ? 'create: a pair, shown once' : 'create: one secret, shown once');
    expect(await life.use(old)).toBe(0);
    told("use: accepted in the system's own scheme");
    expect(await life.use({ id: '', parts: old.parts.replace(/.$/s, '~') })).toBe(4);
    told('use: anything else is refused');
    const listed = await life.json(['list']);
    expect(listed.find(({ id }: Made) => id === old.id)).toMatchObject({ name: 'web', status: 'active' });
    expect(JSON.stringify(listed)).not.toContain(old.parts.split('\n').at(-1));
    told('list: name, prefix, created, last used; no secret');
    const verified = await life.run(['verify'], `${old.parts}\n`);
    expect(verified.code, verified.stderr).toBe(0);
    told('verify: valid');

    const rolled = await life.json(['roll', 'web', '--yes']);
    const fresh = life.made(rolled);
    expect(fresh.id).not.toBe(old.id);
    expect(rolled.rolled_from).toBe(old.id);
    await expectLinks([old.id, fresh.id], (args) => life.json(args));
    told('list and show: which key succeeds which');
    expect(await life.use(fresh)).toBe(0);
    let end: number;
    switch (system.roll) {
      case 'ends at once':
        expect(await life.use(old)).toBe(4);
        expect((await life.json(['revoke', 'web', '--dry-run'])).revoke).toEqual([
          { id: fresh.id, name: 'web' },
        ]);
        told('roll: the old pair has ended at once');
        break;
      case 'by a successor':
        expect(await life.use(old)).toBe(0);
        expect((await life.run(['revoke', old.id, '--yes'])).code).toBe(0);
        expect(await life.use(old)).toBe(4);
        told('roll: a successor is made, then the old key is revoked');
        break;
      default:
        expect(await life.use(old)).toBe(0);
        // The 12 hours begin when the new key is delivered, which is after it was created.
        end = Date.parse((await life.json(['show', old.id])).expires_at);
        expect(end).toBeGreaterThanOrEqual(Date.parse(rolled.created_at) + 12 * HOUR);
        service.clock.advance(end - 1 - service.clock.now());
        expect(await life.use(old)).toBe(0);
        // Commands show an end in whole seconds, never later than it is.
        service.clock.advance(1000);
        expect([await life.use(old), await life.use(fresh)]).toEqual([4, 0]);
        told('roll: both work for 12 hours, and not a second longer');
    }
    if (system.roll === 'for 12 hours') {
      for (const grace of [
        ['--grace', '1h'],
        ['--now', '--yes'],
      ]) {
        const refused = await life.run(['roll', fresh.id, ...grace]);
        expect(refused.code, refused.stderr).toBe(6);
      }
      told('roll: another --grace and --now are refused, exit 6');
    }
    if (system.roll === 'by a successor') {
      const now = life.made(await life.json(['roll', fresh.id, '--now', '--yes']));
      expect([await life.use(fresh), await life.use(now)]).toEqual([4, 0]);
      told('roll --now: the old key stops after the new one is delivered');
      expect((await life.run(['revoke', now.id, '--yes'])).code).toBe(0);
      expect(await life.use(now)).toBe(4);
    } else {
      expect((await life.run(['revoke', fresh.id, '--yes'])).code).toBe(0);
      expect(await life.use(fresh)).toBe(4);
    }
    told('revoke: refused at the next request');
    const gone = await life.run(['verify'], `${fresh.parts}\n`);
    expect([gone.code, gone.stderr]).toEqual([7, expect.stringContaining('revoked')]);
    told('verify: not valid, revoked');
    await keys.remove();
  });
});

it('runs under a policy in this process too, in a database of its profile', async () => {
  const keys = await keysInProcess();
  expect((await keys.run(['profile', 'add', 'pay', '--policy', 'tylt'])).code).toBe(0);
  expect((await keys.run(['profile', 'add', 'pay', '--policy', 'jahuty'])).code).toBe(6);
  expect((await keys.run(['profile', 'add', 'odd', '--policy', 'none-such'])).code).toBe(3);
  const env = { KEYS_ENCRYPTION_KEY: '07'.repeat(32) };
  const pair = ['--service', 'shop', '--environment', 'production'];
  const run = (args: string[], stdin = '') => keys.run([...args, '--profile', 'pay'], { env, stdin });
  const made = await run(['create', '--name', 'shop', ...pair, '--env', '--shell', 'sh']);
  expect(made.stdout).toMatch(/^export TYLT_API_KEY='\w{39}'\nexport TYLT_SECRET_KEY='[0-9a-f]{64}'\n$/);
  const second = await run(['create', '--name', 'shop', ...pair]);
  expect([second.code, second.stderr]).toEqual([2, expect.stringContaining('--yes')]);
  const replaced = await run(['create', '--name', 'shop 2', ...pair, '--yes', '--raw']);
  expect((await run(['verify'], replaced.stdout)).code).toBe(0);
  const old = made.stdout.match(/'([^']+)'/g)?.map((quoted) => quoted.slice(1, -1)) ?? [];
  expect((await run(['verify'], old.join('\n'))).code).toBe(7);
  const other = await keys.run(['list', '--profile', 'pay'], {
    env: { KEYS_ENCRYPTION_KEY: '08'.repeat(32) },
  });
  expect([other.code, other.stderr]).toEqual([6, expect.stringContaining('KEYS_ENCRYPTION_KEY')]);
  expect(JSON.parse((await keys.run(['list', '--json'])).stdout)).toEqual([]);
  const status = JSON.parse((await run(['status', '--json'])).stdout);
  expect(status).toMatchObject({
    provider: 'tylt',
    service: 'embedded',
    managed_by: 'key service under the rules of tylt',
  });
  await keys.remove();
});

/** What each vendor's dashboard would show: obviously fake. */
const GUIDED = [
  {
    id: 'trust-swiftly',
    pasted: ['fake-trust-swiftly-0001', 'fake-trust-swiftly-0002'],
    create: [],
    old: 'works on',
  },
  { id: 'swiftsell', pasted: ['ss_fake_key_0001', 'ss_fake_key_0002'], create: [], old: 'works on' },
  {
    id: 'tylt',
    pasted: ['fake-api-key-0001\nfake-secret-key-0001', 'fake-api-key-0002\nfake-secret-key-0002'],
    create: ['--service', 'shop', '--environment', 'demo'],
    old: 'has ended',
  },
  { id: 'jahuty', pasted: ['fake-jahuty-0001', 'fake-jahuty-0002'], create: [], old: 'works until' },
] as const;

it.each(GUIDED)('$id lives, guided through its dashboard', async ({ id, pasted, create, old }) => {
  const keys = withTranscript(await keysInProcess());
  onTestFinished(async () => {
    keys.write(`${id}-guided`);
    await keys.remove();
  });
  const of = ['--provider', id];
  const done = async (args: readonly string[], stdin = '') => {
    const { code, stdout, stderr } = await keys.run(args, { stdin });
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    return stdout + stderr;
  };
  await done(['config', 'set', 'storage', 'file']);
  const created = await done(['create', 'Shop', ...of, ...create, '--yes'], pasted[0]);
  const [before = ''] = /key_\w+/.exec(created) ?? [];
  const print = [
    'run',
    '--key',
    'Shop',
    '--',
    'node',
    '-e',
    'console.log(Object.keys(process.env).length > 0)',
  ];
  expect(await done(print)).toContain('true');
  expect(await done(['show', 'Shop', ...of])).toMatch(/last used here\t\d{4}-/);
  expect(await done(['list', ...of])).toContain('Shop');
  const rolled = await done(['roll', 'Shop', ...of, '--yes'], pasted[1]);
  expect(rolled).toContain(`the old key ${before} ${old}`);
  if (old === 'has ended') expect(rolled).not.toContain(`keys revoke ${before}`);
  const json = async (args: string[]) => JSON.parse((await keys.run([...args, ...of, '--json'])).stdout);
  const listed = await json(['list', '--all']);
  const fresh = listed.find((key: Key) => key.name === 'Shop' && key.id !== before);
  await expectLinks([before, fresh.id], json);
  const { revoke } = await json(['revoke', 'Shop', '--dry-run']);
  const works = old === 'has ended' ? [fresh.id] : [fresh.id, before];
  expect(revoke.map(({ id }: Key) => id)).toEqual(works);
  if (old !== 'has ended') await done(['revoke', before, ...of, '--yes']);
  const verified = await keys.run(['verify', ...of], { stdin: pasted[0] });
  expect([verified.code, verified.stderr]).toEqual([7, expect.stringMatching(/revoked|superseded|expired/)]);
  await done(['revoke', 'Shop', ...of, '--yes']);
  expect((await keys.run(['env', 'Shop'])).code).not.toBe(0);
});
