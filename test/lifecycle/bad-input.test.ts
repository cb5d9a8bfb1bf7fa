import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VENDOR_KINDS, type VendorKind } from '../walks/vendor-kinds.js';
import { openWorld, type World } from '../walks/world.js';

/**
 * What can be wrong before or during a command: each ends with one clear error and nothing changed, or with
 * exit 9 and a list of what is pending. `npm run faults` tries every vendor, `npm test` one.
 */
const MANY = process.env['KEYS_FAULT_KILLS'] !== undefined;
const KINDS = MANY ? VENDOR_KINDS.map(({ id }) => id) : ['plain'];

let world: World;
beforeAll(async () => {
  world = await openWorld(VENDOR_KINDS.filter(({ id }) => [...KINDS, 'normalised'].includes(id)));
});
afterAll(() => world.close());

const run = async (at: string, args: readonly string[], options: Parameters<World['run']>[1] = {}) =>
  await world.run([...args, '--profile', at], options);

/**
 * Everything that a refused command leaves as it was: the keys at the vendor, the files, and what is pending.
 */
async function everything(at: string) {
  const keys = (await world.account(at).keys()).map(({ id, name, live, expiresAt, scopes }) => ({
    ...{ id, name, live, expiresAt, scopes },
  }));
  const path = join(world.folder, 'a/.env');
  const file = existsSync(path) ? readFileSync(path, 'utf8') : null;
  return { keys, file, pending: await pending() };
}

/** Operations that are not finished. Those that only wait for the end of an old key are. */
async function pending(): Promise<Array<Record<string, unknown>>> {
  const { stdout } = await world.run(['pending', '--json']);
  const rows = JSON.parse(stdout) as Array<Record<string, unknown>>;
  return rows.filter(({ step }) => step !== 'retiring');
}

/** Runs a command and expects one error of this exit code and text, and nothing changed. */
async function refused(at: string, args: readonly string[], code: number, text: string | RegExp, stdin = '') {
  const before = await everything(at);
  const ran = await run(at, args, { stdin });
  const about = `${args.join(' ')}\n${ran.stderr}`;
  expect(ran.code, about).toBe(code);
  expect(ran.stderr.match(/^keys: error: /gm), about).toHaveLength(1);
  expect(ran.stderr).toMatch(text);
  expect(await everything(at), about).toEqual(before);
}

const env = (variable: string) => `${join(world.folder, 'a/.env')}#${variable}`;
/** A key with a place in the env file. */
async function make(at: string, name: string, variable: string): Promise<void> {
  const made = await run(at, ['create', name, '--scope', 'a:read', '--to', env(variable)]);
  expect(made.code, made.stderr).toBe(0);
}

describe('a name', () => {
  const each = (name: string): string[][] => [
    ['roll', name, '--yes'],
    ['update', name, '--name', 'other'],
    ['revoke', name, '--yes'],
    ['deliver', name, '--to', env('X')],
    ['places', 'add', name, '--to', env('X')],
    ['places', 'remove', name, env('NAMED')],
    ['env', name],
    ['run', '--key', `${name}=X`, '--', 'true'],
  ];

  it('that is missing or only similar is refused by each command', async () => {
    await make('plain', 'named', 'NAMED');
    for (const args of each('missing')) await refused('plain', args, 3, 'missing');
    for (const similar of ['name', 'Named', 'named '])
      for (const args of each(similar).slice(0, 4)) await refused('plain', args, 3, similar);
  });

  it('that two keys have is refused, and the error has the ids of both', async () => {
    const [first] = await world.account('plain').stranger('create', 'twice');
    const [second] = await world.account('plain').stranger('create', 'twice');
    for (const args of each('twice').slice(0, 3))
      await refused('plain', args, 2, new RegExp(`${second} \\(twice\\), ${first} \\(twice\\)`));
  });

  it('of a managed key never means the key that a stranger has made since', async () => {
    await make('plain', 'ours', 'OURS');
    const ours = JSON.parse((await run('plain', ['show', 'ours', '--json'])).stdout);
    await world.account('plain').revoke(ours.id);
    const [theirs] = await world.account('plain').stranger('create', 'ours');
    for (const args of [...each('ours').slice(0, 3), ['pause', 'ours', '--yes']])
      await refused('plain', args, 6, `${theirs} has the name of the managed key ours`);
    expect((await run('plain', ['revoke', String(theirs), '--yes'])).code).toBe(0);
  });
});

describe('a place', () => {
  const each = (place: string): string[][] => [
    ['create', 'new', '--to', place],
    ['roll', 'placed', '--yes', '--to', place],
    ['deliver', 'placed', '--to', place],
    ['places', 'add', 'placed', '--to', place],
    ['import', '--name', 'imported', '--to', place],
  ];

  it('that cannot be written, or that has the secret of another key, is refused by each command', async () => {
    await make('plain', 'placed', 'PLACED');
    await make('plain', 'owner', 'OWNER');
    const { secret } = await world.account('plain').handmade('imported');
    const bad: Array<[string, string]> = [
      [join(world.folder, 'missing/.env#X'), 'folder does not exist'],
      [join(world.folder, 'a#X'), 'not a regular file'],
      [env('OWNER'), 'holds the secret of owner'],
    ];
    for (const [place, text] of bad)
      for (const args of each(place)) await refused('plain', args, 6, text, secret);
  });

  it('that is gone at the roll is refused, alone and with --due', async () => {
    const folder = join(world.folder, 'gone');
    mkdirSync(folder);
    const made = await run('plain', ['create', 'gone', '--rotate', '1s', '--to', join(folder, '.env#GONE')]);
    expect(made.code, made.stderr).toBe(0);
    rmSync(folder, { recursive: true });
    world.pass(1);
    for (const args of [
      ['roll', 'gone', '--yes'],
      ['roll', '--due', '--yes'],
    ])
      await refused('plain', args, 6, /gone\/\.env: it or its folder does not exist/);
  });
});

it('without a keychain and without KEYS_LEDGER_KEY nothing is sent, and the error names the ways out', async () => {
  await make('plain', 'kept', 'KEPT');
  world.keep('keychain');
  for (const args of [
    ['create', 'unkept', '--to', env('UNKEPT')],
    ['roll', 'kept', '--yes'],
  ])
    await refused('plain', args, 1, /cannot protect against a lost response[\s\S]*KEYS_LEDGER_KEY/);
  world.keep('file');
});

it.each([2, -2])(
  'a clock that jumps by %s hours ends no grace: the roll waits for a right one',
  async (hours) => {
    const [name, variable] = [`clock ${hours}`, `CLOCK_${hours > 0 ? 'AHEAD' : 'BEHIND'}`];
    await make('plain', name, variable);
    const old = (await world.account('plain').keys()).find((key) => key.name === name);
    const rolled = await run('plain', ['roll', name, '--grace', '1h', '--yes'], { aheadHours: hours });
    expect([rolled.code, rolled.stderr], rolled.stderr).toEqual([9, expect.stringContaining('120 minutes')]);
    expect(await pending()).toMatchObject([{ name, step: 'delivered' }]);
    const now = (await world.account('plain').keys()).find(({ id }) => id === old?.id);
    expect(now).toEqual(old);
    expect((await world.run(['resume'])).code).toBe(0);
    expect(await pending()).toMatchObject([]);
  },
);

describe('a vendor', () => {
  const lists = (body: (n: number) => unknown) => {
    let n = 0;
    for (const { gate } of world.accounts)
      gate.respond(({ method, path }, serve) =>
        method === 'GET' && path === '/keys' ? { status: 200, body: body(n++) } : serve(),
      );
  };
  const heal = () => {
    for (const { gate } of world.accounts) gate.respond(null);
  };

  it('that repeats a page, or whose list never ends, is refused where the list is needed', async () => {
    await make('plain', 'listed', 'LISTED');
    const commands = [
      ['roll', 'listed', '--yes'],
      ['revoke', 'listed', '--yes'],
      ['update', 'listed', '--name', 'other'],
      ['create', 'unlisted', '--to', env('UNLISTED')],
      ['list'],
    ];
    lists(() => ({ keys: [], next: 'same' }));
    for (const args of commands) await refused('plain', args, 1, 'repeats a page');
    lists((n) => ({ keys: [], next: `page ${n}` }));
    // Hundreds of requests each: `npm test` has a lookup in such a list in resolve-key.test.ts.
    for (const args of MANY ? commands : [])
      await refused('plain', args, 1, /list has not ended after \d+ pages/);
    heal();
  });

  it('that lists nothing: a key that can be asked for is found by its id, and no other is created for it', async () => {
    await make('plain', 'unseen', 'UNSEEN');
    lists(() => ({ keys: [], next: null }));
    const before = readFileSync(join(world.folder, 'a/.env'), 'utf8');
    await refused('plain', ['create', 'unseen', '--to', env('SECOND')], 6, 'unseen');
    const rolled = await run('plain', ['roll', 'unseen', '--yes', '--now']);
    expect(rolled.code, rolled.stderr).toBe(0);
    expect(readFileSync(join(world.folder, 'a/.env'), 'utf8')).not.toBe(before);
    heal();
    const live = (await world.account('plain').keys()).filter((key) => key.name === 'unseen' && key.live);
    expect(live).toHaveLength(1);
  });

  it('that lists nothing, and has no other way to see a key: nothing is sent', async () => {
    await make('normalised', 'hidden', 'HIDDEN');
    lists(() => ({ keys: [], next: null }));
    for (const args of [
      ['roll', 'hidden', '--yes'],
      ['update', 'hidden', '--name', 'other'],
    ])
      await refused('normalised', args, 6, 'does not know hidden');
    heal();
  });
});

/** A command, and what must be there before it. */
interface Failing {
  readonly what: string;
  readonly command: (name: string, kind: VendorKind) => string[];
  readonly prepare: (at: string, name: string, kind: VendorKind) => Promise<void>;
}

/** Where the grace is the vendor's own, a roll names none. */
const graceAt = ({ roll }: VendorKind) => (roll === null || roll.grace === 'any' ? ['--grace', '1h'] : []);

const FAILING: readonly Failing[] = [
  {
    what: 'create',
    command: (name) => ['create', name, '--scope', 'a:read', '--to', env(name)],
    prepare: async () => undefined,
  },
  {
    what: 'roll',
    command: (name, kind) => ['roll', name, '--yes', ...graceAt(kind)],
    prepare: (at, name) => make(at, name, name),
  },
  {
    what: 'revoke',
    command: (name) => ['revoke', name, '--yes'],
    prepare: (at, name) => make(at, name, name),
  },
  {
    what: 'update',
    command: (name, { updates }) => [
      ...['update', name],
      ...(updates.includes('scopes') ? ['--scope', 'b:read'] : ['--name', `${name} 2`]),
    ],
    prepare: (at, name) => make(at, name, name),
  },
  {
    what: 'resume',
    command: () => ['resume'],
    async prepare(at, name, kind) {
      await make(at, name, name);
      world.places.block('exec', name, true);
      const to = world.places.options(['exec'], name);
      const called = kind.names === 'none' ? ((await world.account(at).keys()).at(-1)?.id ?? '') : name;
      const roll = ['roll', called, '--yes', ...graceAt(kind), '--to', env(name), ...to];
      expect((await run(at, roll)).code).toBe(9);
      world.places.block('exec', name, false);
    },
  },
];

describe.each(KINDS)('%s, which responds with 5xx', (at) => {
  const kind = VENDOR_KINDS.find(({ id }) => id === at) ?? expect.fail(at);
  let count = 0;

  /**
   * From the nth request on the vendor fails: before it has done its work, or after. Returns how many
   * requests came.
   */
  const failFrom = (n: number, done: boolean) => {
    let requests = 0;
    world.account(at).gate.respond(async (_, serve) => {
      if (++requests < n) return await serve();
      if (done) await serve();
      return { status: n % 2 === 0 ? 500 : 503, headers: { 'retry-after': '0' }, body: {} };
    });
    return () => requests;
  };

  /** How the ledger calls the key that was made as `name`, if there is one. */
  async function calledHere(name: string): Promise<string> {
    if (kind.names === 'normalised') return name.toLowerCase();
    const live = (await world.account(at).keys()).filter((key) => key.live);
    const oldest = live.toSorted((one, other) => one.madeAt - other.madeAt)[0];
    return kind.names === 'none' && oldest !== undefined ? oldest.id : name;
  }

  /** Fails one request and all after it; returns whether there was such a request. */
  async function failAt(n: number, { what, command, prepare }: Failing, done: boolean): Promise<boolean> {
    const { gate } = world.account(at);
    const variable = `${what}_${at}_${count++}`.toUpperCase();
    await prepare(at, variable, kind);
    const before = await everything(at);
    const name = await calledHere(variable);
    const requests = failFrom(n, done);
    const failed = await run(at, command(what === 'create' ? variable : name, kind));
    const about = `${what}, request ${n}, ${done ? 'done' : 'not done'}: ${failed.code}\n${failed.stderr}`;
    const waits = failed.code === 9 ? await run(at, ['resume']) : null;
    gate.respond(null);
    if (failed.code === 9) {
      expect(
        (await pending()).map((one) => one['name']),
        about,
      ).toEqual([what === 'create' ? variable : name]);
      expect(waits?.code, `${about}\n${waits?.stderr}`).toBe(9);
    } else if (
      failed.code !== 0 &&
      !done &&
      !/ was revoked, and whether it is gone cannot/.test(failed.stderr)
    )
      expect(await everything(at), about).toEqual(before);
    const resumed = await world.run(['resume'], { aheadHours: 0.02 });
    const output = `${about}\n${resumed.stdout}${resumed.stderr}`;
    // A key was created, its response is lost, and nothing proves that the key is ours: a person decides, by
    // the id that is printed.
    const unknown = done ? (await pending()).filter(({ step }) => step === 'sent') : [];
    expect(resumed.code, output).toBe(unknown.length === 0 ? 0 : 9);
    for (const { id } of unknown) {
      expect(output).toContain(String(id));
      expect((await world.run(['pending', 'drop', String(id), '--yes'])).code, output).toBe(0);
    }
    expect(await pending(), output).toEqual([]);
    if (unknown.length > 0) return requests() >= n;
    if (what !== 'revoke') await expectWorking(variable, about);
    if (requests() < n) expect(failed.code, about).toBe(0);
    return requests() >= n;
  }

  /**
   * The secret in the file is that of a live key, and no more keys are live than the old one and the new one.
   */
  async function expectWorking(variable: string, about: string): Promise<void> {
    const path = join(world.folder, 'a/.env');
    const line = (existsSync(path) ? readFileSync(path, 'utf8') : '')
      .split('\n')
      .find((text) => text.startsWith(`${variable}=`));
    if (line === undefined) return expect(about).toContain('create');
    const secret = line.slice(variable.length + 1).replace(/^["']|["']$/g, '');
    expect(await world.account(at).holder(secret), about).not.toBeNull();
    const live = (await world.account(at).keys()).filter((key) => key.live);
    expect(live.length, about).toBeLessThanOrEqual(2);
  }

  /**
   * A person revokes every key: what is tried next would have pages of its own for each, and the vendor would
   * be asked for more pages with every try.
   */
  async function clear(): Promise<void> {
    const account = world.account(at);
    for (const { id, live } of await account.keys()) if (live) await account.revoke(id);
  }

  it.each(FAILING.filter(({ what }) => what !== 'update' || kind.updates.length > 0))(
    'at any request of $what: nothing is changed, or exit 9 with what is pending; resume finishes it',
    async (failing) => {
      for (const done of [false, true]) {
        for (let n = 1, more = true; more; n++) {
          await clear();
          more = await failAt(n, failing, done);
        }
      }
    },
    MANY ? 1_800_000 : 300_000,
  );
});

describe('a ledger', () => {
  const path = () => join(world.home, '.local/share/keys/ledger.db');
  const PAGE = 4096;
  /** `npm test` damages one page of eight. */
  const PAGES_APART = MANY ? 1 : 8;

  it('with an overwritten page is refused before anything is sent, and stays as it is', async () => {
    await make('plain', 'damaged', 'DAMAGED');
    const good = readFileSync(path());
    const pages = good.length / PAGE;
    for (let page = 1; page < pages; page += PAGES_APART) {
      const bytes = Buffer.from(good);
      bytes.fill('damaged ', page * PAGE, (page + 1) * PAGE);
      writeFileSync(path(), bytes);
      for (const args of [
        ['create', 'paged', '--to', env('PAGED')],
        ['roll', 'damaged', '--yes'],
      ]) {
        const before = await world.account('plain').keys();
        const ran = await run('plain', args);
        expect(ran.stderr, `page ${page}`).toMatch(/^keys: error: .*damaged/m);
        expect([ran.code, await world.account('plain').keys()], `page ${page}`).toEqual([1, before]);
      }
      expect(readFileSync(path()).equals(bytes), `page ${page}`).toBe(true);
    }
    writeFileSync(path(), good);
    expect((await run('plain', ['roll', 'damaged', '--yes'])).code).toBe(0);
  });
});
