import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BIN, type KeysProgram } from '../support/keys.js';
import { missing } from '../support/needs.js';
import type { Account } from '../walks/accounts.js';
import type { PlaceName } from '../walks/places.js';
import { VENDOR_KINDS } from '../walks/vendor-kinds.js';
import { openWorld, type World } from '../walks/world.js';
import { damageByPoint } from './fault-table.js';
import {
  collectSinks,
  type KillPoint,
  killAfter,
  killAt,
  killPoints,
  newTally,
  resume,
  type Scenario,
  sampled,
  type Tally,
} from './kills.js';

/** Kills of each command at each vendor: one under `npm test`, more under `npm run faults`. */
const KILLS = Math.floor(Number(process.env['KEYS_FAULT_KILLS'] ?? 6) / 6);
/**
 * `npm run faults`: every command, each vendor's own kill points, and two programs at once at more vendors.
 */
const MANY = process.env['KEYS_FAULT_KILLS'] !== undefined;
const SEED = Number(process.env['KEYS_FAULT_SEED'] ?? 20261121);
const TIMEOUT = 1_800_000;
const THREE: readonly PlaceName[] = ['exec', 'a#WEB', 'keychain'];

/** A machine with an account at one vendor, and a key with three places there. */
async function machine(id: string) {
  const world = await openWorld(VENDOR_KINDS.filter((kind) => kind.id === id));
  onTestFinished(() => world.close());
  const account = world.account(id);
  const owner = `${id}/web`;
  const keys: KeysProgram = {
    home: world.home,
    env: { PATH: process.env['PATH'] ?? '', HOME: world.home, LANG: 'C.UTF-8', TZ: 'UTC' },
    async run(args) {
      // A request of the program that was killed may arrive for a minute: `resume` waits for that.
      const later = args[0] === 'resume' ? { aheadHours: 0.02 } : {};
      const { code, stdout, stderr } = await world.run(args, later);
      return { code: code ?? -1, stdout, stderr };
    },
    remove: async () => {},
  };
  const made = await keys.run([
    'create',
    '--name',
    'web',
    '--profile',
    id,
    ...world.places.options(THREE, owner),
  ]);
  expect(made.code, made.stderr).toBe(0);
  const places = () => THREE.flatMap((place) => world.places.read(place, owner));
  return { id, world, account, owner, keys, places };
}

/** Active keys of the account, and which of them are neither at a place nor reported. */
async function judge(account: Account, tally: Tally) {
  const held = new Set<string>();
  for (const secret of tally.held) {
    const id = await account.holder(secret);
    if (id !== null) held.add(id);
  }
  const live = (await account.keys()).filter((key) => key.live);
  return {
    live: live.length,
    held: held.size,
    orphaned: live.filter(({ id }) => !held.has(id) && !tally.reported.has(id)).map(({ id }) => id),
  };
}

async function pendingRows(keys: KeysProgram): Promise<Array<Record<string, unknown>>> {
  return JSON.parse((await keys.run(['pending', '--json'])).stdout || '[]') as Array<Record<string, unknown>>;
}

type Machine = Awaited<ReturnType<typeof machine>>;

/**
 * A command that is killed: what must be there before it, and its nth call. Each key but `web` has a command
 * as a place of its own.
 */
interface Killed {
  readonly prepare?: (n: number, on: Machine) => Promise<unknown>;
  readonly args: (n: number, on: Machine) => readonly string[];
}

const named = (n: number) => `k ${n}`;
const sink = (n: number, { id, world }: Machine) => world.places.options(['exec'], `${id}/${named(n)}`);
const profile = ({ id }: Machine) => ['--profile', id];
const create = (n: number, on: Machine, to: readonly string[]) =>
  on.keys.run(['create', named(n), ...profile(on), ...to]);
const KEYCHAIN = ['--to', 'keychain'];

const KILLED: Readonly<Record<string, Killed>> = {
  'roll, 3 places': {
    args: (_, on) => ['roll', 'web', '--yes', ...profile(on), ...on.world.places.options(THREE, on.owner)],
  },
  create: { args: (n, on) => ['create', named(n), ...profile(on), ...sink(n, on), ...KEYCHAIN] },
  resume: {
    async prepare(n, on) {
      const owner = `${on.id}/${named(n)}`;
      on.world.places.block('exec', owner, true);
      await create(n, on, sink(n, on));
      on.world.places.block('exec', owner, false);
    },
    args: () => ['resume'],
  },
  deliver: {
    prepare: (n, on) => create(n, on, KEYCHAIN),
    args: (n, on) => ['deliver', named(n), ...profile(on), ...sink(n, on)],
  },
  'places add': {
    prepare: (n, on) => create(n, on, KEYCHAIN),
    args: (n, on) => ['places', 'add', named(n), ...profile(on), ...sink(n, on)],
  },
  'places remove': {
    prepare: (n, on) => create(n, on, [...KEYCHAIN, ...sink(n, on)]),
    args: (n, on) => ['places', 'remove', named(n), ...sink(n, on).slice(1), ...profile(on)],
  },
};

describe.skipIf(missing('strace'))('a command', () => {
  /**
   * Of the vendor that is first: an undisturbed run under strace takes as long as a kill, and its calls are
   * nearly the same at each vendor. Every vendor begins elsewhere in them.
   */
  let counted: readonly KillPoint[] | undefined;
  const commands = MANY ? Object.keys(KILLED) : ['roll, 3 places'];
  it.each(VENDOR_KINDS.flatMap(({ id }) => commands.map((what) => ({ id, what }))))(
    '$what, killed anywhere at $id: every key that is left active is at a place or reported',
    async ({ id, what }) => {
      const on = await machine(id);
      const { world, account, owner, keys } = on;
      const { prepare, args } = KILLED[what] ?? { args: () => [] };
      const scenario: Scenario = {
        ...{ name: `${what} at ${id}`, args: (n) => args(n, on), env: {} },
        sinks: [join(world.home, '../a/.env'), join(world.home, '.config/keys/credentials.json')],
      };
      const tally = newTally();
      const table = damageByPoint(id, what);
      let said = '';
      // A vendor that proves nothing leaves one thing open: whether a new key is ours. Then `resume` names
      // the operation and the key.
      const unfinished = async () =>
        (await pendingRows(keys)).filter(
          ({ id: operation, step }) =>
            ['intended', 'sent', 'created'].includes(String(step)) &&
            !said.includes(`(${operation}): whether it was created is not known; `),
        );
      /** What stands at the places: the next roll replaces it. */
      const note = (n: number) => {
        const at = (place: PlaceName, whose: string) => world.places.read(place, whose);
        const secrets = [...THREE.flatMap((place) => at(place, owner)), ...at('exec', `${id}/${named(n)}`)];
        for (const secret of secrets) tally.held.add(secret);
      };
      const kill = async (n: number, point: string, strike: () => Promise<void>) => {
        await prepare?.(n, on);
        note(n);
        await strike();
        note(n);
        said = await resume(keys, scenario, tally);
        note(n);
        const { live, held, orphaned } = await judge(account, tally);
        const lost = live - held;
        table.note(point, {
          orphaned: orphaned.length,
          lost,
          pending: (await pendingRows(keys)).filter(({ step }) => step !== 'retiring').length,
        });
      };
      // The first key too, and the one of the run that only counts the calls: the next roll replaces each of
      // them.
      note(0);
      await prepare?.(0, on);
      if (MANY || counted === undefined) counted = await killPoints(keys, scenario, tally);
      note(0);
      const kills = what === 'roll, 3 places' || what === 'create' || what === 'resume' ? KILLS : KILLS / 3;
      const points = sampled(
        counted,
        Math.ceil(kills),
        SEED + VENDOR_KINDS.findIndex((kind) => kind.id === id),
      );
      for (const [n, point] of points.entries())
        await kill(n + 1, point.about, () => killAt(keys, scenario, n + 1, point, tally));
      if (MANY) await kill(KILLS + 1, 'at any time', () => killAfter(keys, scenario, KILLS + 1, 250, tally));
      table.end();
      collectSinks(scenario, tally);
      const { orphaned } = await judge(account, tally);
      expect(orphaned).toEqual([]);
      expect(await unfinished()).toEqual([]);
    },
    TIMEOUT,
  );
});

/** Starts the program and lets another run beside it. */
function start(world: World, args: readonly string[]) {
  return execa(process.execPath, ['--', BIN, ...args], {
    env: { PATH: process.env['PATH'] ?? '', HOME: world.home, LANG: 'C.UTF-8', TZ: 'UTC' },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: 120_000,
    killSignal: 'SIGKILL',
  });
}

describe('two programs at once', () => {
  const AT = ['paged', ...(MANY ? ['inplace', 'plain', 'graceful', 'fixed', 'unique'] : [])];
  const PAIRS: ReadonlyArray<readonly [what: string, first: readonly string[], second: readonly string[]]> = [
    ['two rolls', ['roll', 'web', '--yes'], ['roll', 'web', '--yes']],
    ['a roll and an update', ['roll', 'web', '--yes'], ['update', 'web', '--name', 'web']],
    ['a roll and a resume', ['roll', 'web', '--yes'], ['resume']],
  ];

  const all = AT.flatMap((id) => PAIRS.map(([what, first, second]) => ({ id, what, first, second })));
  // A roll in place differs from one with a successor where two of them meet.
  const twoInPlace = PAIRS.slice(0, 1).map(([what, first, second]) => ({
    ...{ id: 'inplace', what, first, second },
  }));

  it.each(MANY ? all : [...all, ...twoInPlace])(
    '$what at $id leave a working secret at every place, and no unknown key',
    async ({ id, first, second }) => {
      const { world, account, owner, keys, places } = await machine(id);
      const to = world.places.options(THREE, owner);
      const args = (line: readonly string[]) => [
        ...line,
        ...(line[0] === 'resume' ? [] : ['--profile', id]),
        ...(line[0] === 'roll' ? to : []),
      ];
      const results = await Promise.all([start(world, args(first)), start(world, args(second))]);
      const tally = newTally();
      for (const { stderr } of results)
        for (const [word] of stderr.matchAll(/\bk\d+\b/g)) tally.reported.add(word);
      const scenario: Scenario = { name: id, args: () => [], env: {}, sinks: [] };
      await resume(keys, scenario, tally);
      for (const secret of places()) tally.held.add(secret);
      const { orphaned } = await judge(account, tally);
      expect(orphaned).toEqual([]);
      for (const place of THREE) {
        const ids = await Promise.all(
          world.places.read(place, owner).map((secret) => account.holder(secret)),
        );
        expect(
          ids.filter((holder) => holder !== null),
          place,
        ).not.toEqual([]);
      }
    },
    300_000,
  );
});
